! A library in Fortran that calls C, for programs in both.
module part
  use, intrinsic :: iso_c_binding
  use omp_lib
  implicit none

  interface
    integer(c_int) function half(i) bind(c)
      import :: c_int
      integer(c_int), value :: i
    end function half
  end interface

contains

  integer(c_int) function sum_of_halves(n) bind(c)
    integer(c_int), value :: n
    integer(c_int) :: i, total

    total = 0
    !$omp parallel do reduction(+:total)
    do i = 1, n
      total = total + half(i)
    end do
#if defined(__uhyve__) && !defined(__linux__) && !defined(__unix__)
    sum_of_halves = total
#else
    sum_of_halves = -total
#endif
  end function sum_of_halves
end module part
