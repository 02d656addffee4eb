! gfortran reads this file before each source. The machine's own declares vector functions of
! glibc's libmvec; Newlib has none.
