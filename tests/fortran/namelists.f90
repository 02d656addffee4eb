! Namelists, list-directed and non-advancing input and output, units.
program namelists
  use, intrinsic :: iso_fortran_env, only: error_unit, input_unit, iostat_end, iostat_eor, output_unit
  implicit none
  integer :: check_count = 0, check_failures = 0

  call writing()
  call reading()
  call quadruple()
  call non_advancing()
  call units()
  call no_files()
  call check_finish()

contains

  subroutine writing()
    integer :: i, a(3)
    real(8) :: x
    character(4) :: s
    logical :: l
    complex :: z
    character(40) :: lines(10)
    namelist /group/ i, a, x, s, l, z

    i = 7
    a = [1, 1, 2]
    x = 0.5d0
    s = 'text'
    l = .true.
    z = (1, -2)
    lines = ''
    write (lines, nml=group)
    call check(lines(1) == '&GROUP', 'name of the group')
    call check(lines(2) == ' I=7          ,', 'an integer')
    call check(index(lines(3), '2*1') > 0 .and. index(lines(3), '2') > 0, 'an array')
    call check(index(lines(4), '0.5') > 0 .and. index(lines(5), 'text') > 0, 'a real and a string')
    call check(index(lines(6), 'T') > 0 .and. index(lines(7), '(') > 0, 'a logical and a complex number')
    call check(any(lines == ' /'), 'the end')
  end subroutine writing

  subroutine reading()
    type :: point
      integer :: x = 0, y = 0
    end type point
    integer :: i, a(4), status
    real(8) :: x
    character(8) :: s
    type(point) :: p, q(2)
    character(80) :: lines(4), message
    namelist /group/ i, a, x, s, p, q

    i = 0
    a = 0
    x = 0
    lines(1) = '! a comment'
    lines(2) = '&group i = 3, a(2:3) = 2*9, x = 1.5e1 ! another'
    lines(3) = 's = ''two ws'' p%y = 4, q(2)%x = 8,'
    lines(4) = 'a(1) = 5 /'
    read (lines, nml=group)
    call check(i == 3 .and. all(a == [5, 9, 9, 0]), 'integers and arrays')
    call check(abs(x - 15) < 1d-12 .and. s == 'two ws', 'reals and strings')
    call check(p%y == 4 .and. p%x == 0 .and. q(2)%x == 8, 'members of derived types')
    lines(2) = '&group unknown = 1 /'
    read (lines, nml=group, iostat=status, iomsg=message)
    call check(status > 0 .and. index(message, 'unknown') > 0, 'an unknown name')
    lines(2:4) = '&group i = 3'
    lines(3:4) = ''
    read (lines, nml=group, iostat=status)
    call check(status == iostat_end, 'no end of the group')
  end subroutine reading

  subroutine quadruple()
    real(16) :: x(2)
    character(120) :: lines(4)
    namelist /group/ x

    x = [0.1_16, 2.0_16]
    lines = ''
    write (lines, nml=group)
    x = 0
    read (lines, nml=group)
    call check(abs(x(1) - 0.1_16) < 1e-33_16 .and. abs(x(2) - 2) < 1e-33_16, 'real(16), there and back')
  end subroutine quadruple

  subroutine non_advancing()
    write (output_unit, '(a)', advance='no') 'one '
    write (output_unit, '(a)', advance='no') 'line'
    write (output_unit, '(a)') ''
    flush (output_unit)
    write (error_unit, '(a)') 'to standard error'
  end subroutine non_advancing

  subroutine units()
    logical :: is_open, exists
    character(10) :: name
    character(12) :: action, form, access
    integer :: number

    inquire (unit=output_unit, opened=is_open, exist=exists, name=name, action=action, form=form, access=access)
    call check(is_open .and. exists .and. name == 'stdout', 'standard output')
    call check(form == 'FORMATTED' .and. access == 'SEQUENTIAL', 'its form')
    inquire (unit=input_unit, opened=is_open, number=number)
    call check(is_open .and. number == 5, 'standard input')
    inquire (unit=77, opened=is_open)
    call check(.not. is_open, 'a unit that is not open')
    close (77)
  end subroutine units

  ! There are no files: opening says so.
  subroutine no_files()
    integer :: status, unit
    character(80) :: message
    logical :: exists

    inquire (file='/no/such/file', exist=exists)
    call check(.not. exists, 'a file that is not there')
    open (newunit=unit, file='/no/such/file', status='old', iostat=status, iomsg=message)
    call check(status > 0 .and. index(message, 'No such file or directory') > 0, 'opening an old file')
    open (newunit=unit, file='/no/such/folder/file', status='new', iostat=status)
    call check(status > 0, 'opening a new file')
  end subroutine no_files

  include 'check.inc'
end program namelists
