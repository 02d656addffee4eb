! Standard input: formatted, list-directed, non-advancing, and its end.
program input
  use, intrinsic :: iso_fortran_env, only: iostat_end, iostat_eor
  implicit none
  integer :: check_count = 0, check_failures = 0
  integer :: i, j, status, length
  real(8) :: x
  character(20) :: text
  character(3) :: part
  character(:), allocatable :: line

  read *, i, x
  call check(i == 12 .and. abs(x - 2.5d0) < 1d-15, 'a list')
  read *, i, j
  call check(i == 3 .and. j == 4, 'a list over two lines')
  read '(i3, 1x, a)', i, text
  call check(i == 123 .and. text == 'some text', 'by a format')

  ! A line of any length, in parts.
  line = ''
  do
    read (*, '(a)', advance='no', iostat=status, size=length) part
    line = line//part(:length)
    if (status /= 0) exit
  end do
  call check(status == iostat_eor .and. line == 'a line in parts', 'a line in parts')

  read (*, '(a)') text
  call check(text == '', 'an empty line')
  read (*, '(a)', iostat=status) text
  call check(status == 0 .and. text == 'no end of line', 'the last line')
  read (*, '(a)', iostat=status) text
  call check(status == iostat_end, 'the end')
  call check_finish()

contains

  include 'check.inc'
end program input
