! A program in Fortran with a library in Fortran.
program main
  use part
  implicit none

  print '(a, i0)', 'Fortran: ', sum_of_halves(100_c_int)
end program main
