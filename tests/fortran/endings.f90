! Ends in the way that the argument names: see endings.sh.
program endings
  use, intrinsic :: ieee_exceptions, only: ieee_all, ieee_set_flag
  implicit none
  character(20) :: way
  integer :: i, step, a(10)
  integer, allocatable :: none(:)
  real(8), allocatable :: large(:)
  real(8), volatile :: zero, x
  character(5) :: text

  call get_command_argument(1, way)
  call get_command_argument(2, text)
  read (text, '(i5)') i
  print '(2a)', 'ending by ', trim(way)
  flush (6)
  a = i
  select case (way)
  case ('stop')
    stop
  case ('stop-number')
    stop 3
  case ('stop-text')
    stop 'enough'
  case ('stop-quiet')
    stop 4, quiet=.true.
  case ('error-stop')
    error stop
  case ('error-stop-number')
    error stop 7
  case ('error-stop-text')
    error stop 'too much'
  case ('exit')
    call exit(9)
  case ('abort')
    call abort()
  case ('bounds')
    print *, a(i)
  case ('substring')
    print *, way(i:i + 100)
  case ('deallocate')
    deallocate (none)
  case ('unallocated')
    print *, none(i)
  case ('allocate')
    allocate (large(2_8**40))
    print *, large(i)
  case ('shape')
    a = a(1:i)
  case ('read')
    text = 'abc'
    read (text, *) i
  case ('end')
    read (*, *) i
  case ('format')
    write (*, '(i5)') 1.5
  case ('format-integer')
    write (*, '(f5.2)') i
  case ('open')
    open (10, file='/no/such/file', status='old')
  case ('scratch')
    open (10, status='scratch')
  case ('step')
    do step = 1, 5, i
      print *, step
    end do
  case ('divide')
    zero = 0
    x = 1/zero
    print *, x
  case ('divide-stop')
    zero = 0
    x = 1/zero
    print *, x
    stop 'divided'
  case ('signal')
    call ieee_set_flag(ieee_all, .false.)
    call poke()
  case ('backtrace')
    call backtrace()
  case default
    print *, 'no such way'
  end select

contains

  subroutine poke()
    use, intrinsic :: iso_c_binding, only: c_f_pointer, c_ptr
    integer, pointer :: target_of_8
    type(c_ptr) :: address

    address = transfer(8_8, address)
    call c_f_pointer(address, target_of_8)
    target_of_8 = 1
  end subroutine poke
end program endings
