! Fortran that C calls and C that Fortran calls: see c_interop_c.c.
module c_interop_module
  use, intrinsic :: iso_c_binding
  implicit none

  type, bind(c) :: record
    integer(c_int) :: i
    real(c_double) :: x
    character(kind=c_char) :: text(4)
    integer(c_int8_t) :: small
    real(c_long_double) :: long
  end type record

  integer(c_int), bind(c, name='shared_counter') :: counter = 5

  interface
    integer(c_int) function c_sum(a, n) bind(c)
      import :: c_int
      integer(c_int), intent(in) :: a(*)
      integer(c_int), value :: n
    end function c_sum

    subroutine c_change(r) bind(c)
      import :: record
      type(record), intent(inout) :: r
    end subroutine c_change

    integer(c_int) function c_apply(f, x) bind(c)
      import :: c_funptr, c_int
      type(c_funptr), value :: f
      integer(c_int), value :: x
    end function c_apply

    integer(c_size_t) function strlen(s) bind(c)
      import :: c_char, c_size_t
      character(kind=c_char), intent(in) :: s(*)
    end function strlen

    function c_text() bind(c) result(text)
      import :: c_ptr
      type(c_ptr) :: text
    end function c_text

    ! By a descriptor: ISO_Fortran_binding.h.
    pure integer(c_int) function c_rank(a) bind(c)
      import :: c_int
      type(*), intent(in) :: a(..)
    end function c_rank

    subroutine c_double_all(a) bind(c)
      import :: c_double
      real(c_double), intent(inout) :: a(:, :)
    end subroutine c_double_all

    subroutine c_allocate(a) bind(c)
      import :: c_int
      integer(c_int), allocatable, intent(out) :: a(:)
    end subroutine c_allocate

    integer(c_int) function c_calls_fortran() bind(c)
      import :: c_int
    end function c_calls_fortran

    complex(c_double_complex) function c_times_i(z) bind(c)
      import :: c_double_complex
      complex(c_double_complex), value :: z
    end function c_times_i
  end interface

contains

  integer(c_int) function fortran_square(x) bind(c)
    integer(c_int), value :: x

    fortran_square = x*x
  end function fortran_square

  subroutine fortran_fill(a, n) bind(c)
    integer(c_int), value :: n
    real(c_double), intent(out) :: a(n)
    integer :: i

    a = [(real(i, c_double), i=1, n)]
    counter = counter + 1
  end subroutine fortran_fill
end module c_interop_module

program c_interop
  use c_interop_module
  implicit none
  integer :: check_count = 0, check_failures = 0
  type(record) :: r
  real(c_double) :: matrix(4, 4)
  integer(c_int), allocatable :: grown(:)
  character(kind=c_char), pointer :: text(:)
  integer(c_int), target :: value
  integer(c_int), pointer :: pointed
  type(c_ptr) :: address

  call check(c_sum([1_c_int, 2_c_int, 3_c_int], 3_c_int) == 6, 'an array')
  r = record(1, 2.5d0, ['a', 'b', 'c', c_null_char], 7_c_int8_t, 1.5_c_long_double)
  call c_change(r)
  call check(r%i == 2 .and. abs(r%x - 5) < 1d-15 .and. r%text(1) == 'A' .and. r%small == -7, 'a structure')
  call check(abs(r%long - 3) < 1d-18, 'a long double')
  call check(c_apply(c_funloc(fortran_square), 7_c_int) == 49, 'a function')
  call check(strlen('four'//c_null_char) == 4, 'a string')
  call c_f_pointer(c_text(), text, [5])
  call check(all(text == ['f', 'r', 'o', 'm', 'C']), 'a string from C')
  value = 3
  address = c_loc(value)
  call c_f_pointer(address, pointed)
  pointed = 4
  call check(value == 4 .and. c_associated(address) .and. .not. c_associated(c_null_ptr), 'addresses')
  call check(c_rank(matrix) == 2 .and. c_rank(value) == 0 .and. c_rank([1, 2]) == 1, 'descriptors')
  matrix = 1
  call c_double_all(matrix(1:4:2, 2:3))
  call check(nint(sum(matrix)) == 20 .and. nint(matrix(3, 2)) == 2, 'a section by its descriptor')
  call c_allocate(grown)
  call check(size(grown) == 3 .and. all(grown == [10, 20, 30]), 'allocated by C')
  call check(c_calls_fortran() == 0 .and. counter == 7, 'calls from C, a variable that both have')
  call check(abs(c_times_i((1d0, 2d0)) - (-2d0, 1d0)) < 1d-15, 'a complex number')
  call check(c_sizeof(r) == 48, 'sizes')
  call check_finish()

contains

  include 'check.inc'
end program c_interop
