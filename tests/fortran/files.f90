! Files by name: formatted, direct and stream access, scratch files, inquire.
program files
  implicit none
  integer :: check_count = 0, check_failures = 0
  integer :: unit, status, i, size_bytes, values(3)
  logical :: is_there
  character(8) :: text

  open (newunit=unit, file='/tmp/lines', status='new', action='readwrite')
  do i = 1, 3
    write (unit, *) i*i
  end do
  rewind unit
  read (unit, *) values
  call check(all(values == [1, 4, 9]), 'lines come back')
  read (unit, *, iostat=status) i
  call check(status < 0, 'the end of the file')
  close (unit)
  inquire (file='/tmp/lines', exist=is_there, size=size_bytes)
  call check(is_there .and. size_bytes > 0, 'inquire knows it')
  open (newunit=unit, file='/tmp/lines', position='append')
  write (unit, '(a)') 'last'
  close (unit, status='delete')
  inquire (file='/tmp/lines', exist=is_there)
  call check(.not. is_there, 'deleted')

  open (newunit=unit, file='/tmp/records', access='direct', recl=8, form='unformatted')
  write (unit, rec=5) 'record 5'
  write (unit, rec=2) 'record 2'
  read (unit, rec=5) text
  call check(text == 'record 5', 'a record by its number')
  close (unit)
  open (newunit=unit, file='/tmp/records', access='stream', form='unformatted')
  read (unit, pos=9) text
  call check(text == 'record 2', 'a place in a stream')
  close (unit, status='delete')

  open (newunit=unit, status='scratch', form='unformatted')
  write (unit) 1.5d0, 'scratch '
  rewind unit
  block
    real(8) :: number
    read (unit) number, text
    call check(abs(number - 1.5d0) < 1d-9 .and. text == 'scratch', 'a scratch file')
  end block
  close (unit)
  open (newunit=unit, file='/no/such/file', status='old', iostat=status)
  call check(status == 2, 'what is not there')
  call check_finish()

contains

  include 'check.inc'
end program files
