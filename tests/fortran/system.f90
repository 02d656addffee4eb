! What a program asks of the system: time, random numbers, arguments, environment, other commands.
program system
  use, intrinsic :: iso_fortran_env
  implicit none
  integer :: check_count = 0, check_failures = 0

  call times()
  call random()
  call arguments()
  call no_commands()
  call extensions()
  call environment_constants()
  call check_finish()

contains

  subroutine times()
    integer :: values(8)
    integer(int64) :: first, second, rate, largest
    integer :: first4, rate4
    real(8) :: before, after
    character(8) :: date
    character(10) :: time
    character(5) :: zone
    real(8) :: x
    integer :: i

    call date_and_time(date, time, zone, values)
    call check(values(1) > 2023 .and. values(2) >= 1 .and. values(2) <= 12 .and. values(3) <= 31, 'the date')
    call check(values(4) == 0 .and. zone == '+0000', 'the zone')
    call check(values(5) < 24 .and. values(6) < 60 .and. values(7) <= 60 .and. values(8) < 1000, 'the time')
    call check(verify(date, '0123456789') == 0 .and. time(7:7) == '.', 'as text')
    call system_clock(first, rate, largest)
    call check(rate == 1000000000 .and. largest == huge(largest), 'the clock, with 8 bytes')
    call system_clock(first4, rate4)
    call check(rate4 == 1000 .and. first4 >= 0, 'the clock, with 4 bytes')
    call cpu_time(before)
    x = 0
    do i = 1, 1000000
      x = x + sqrt(real(i, 8))
    end do
    call cpu_time(after)
    call system_clock(second)
    call check(x > 0 .and. after > before .and. before >= 0, 'time of the CPU')
    call check(second > first .and. second - first < 10*rate, 'the clock goes on')
  end subroutine times

  subroutine random()
    real(8) :: x(1000), y(1000)
    real(16) :: q
    integer, allocatable :: seed(:), again(:)
    integer :: n

    call random_seed(size=n)
    call check(n == 8, 'size of the seed')
    allocate (seed(n), again(n))
    call random_seed(get=seed)
    call random_number(x)
    call random_seed(put=seed)
    call random_number(y)
    call check(all(abs(x - y) <= 0), 'the same seed')
    call check(all(x >= 0 .and. x < 1) .and. abs(sum(x)/1000 - 0.5d0) < 0.1d0, 'numbers')
    call random_init(.true., .true.)
    call random_number(x)
    call random_init(.true., .true.)
    call random_number(y)
    call check(all(abs(x - y) <= 0), 'repeatable')
    call random_init(.false., .true.)
    call random_seed(get=seed)
    call random_init(.false., .true.)
    call random_seed(get=again)
    call check(any(seed /= again), 'not repeatable')
    call random_number(q)
    call check(q >= 0 .and. q < 1, 'real(16)')
  end subroutine random

  ! Called with: one 'two words', and VARIABLE=value.
  subroutine arguments()
    character(20) :: text
    character(3) :: short
    integer :: length, status

    call check(command_argument_count() == 2, 'number of arguments')
    call get_command_argument(1, text)
    call check(text == 'one', 'the first')
    call get_command_argument(2, short, length, status)
    call check(length == 9 .and. status == -1 .and. short == 'two', 'one that is too long')
    call get_command_argument(3, text, status=status)
    call check(status > 0 .and. text == '', 'one that is not there')
    call get_command_argument(0, length=length)
    call check(length > 0, 'the name of the program')
    call get_command(length=length)
    call check(length > 13, 'the command')
    call get_environment_variable('VARIABLE', text, length, status)
    call check(text == 'value' .and. length == 5 .and. status == 0, 'a variable')
    call get_environment_variable('NO_SUCH_VARIABLE', text, status=status)
    call check(status == 1 .and. text == '', 'a variable that is not there')
  end subroutine arguments

  subroutine no_commands()
    integer :: status, command_status
    character(60) :: message

    message = ''
    call execute_command_line('true', exitstat=status, cmdstat=command_status, cmdmsg=message)
    call check(command_status > 0 .and. message /= '', 'no commands')
  end subroutine no_commands

  ! Procedures that gfortran has beyond the standard.
  subroutine extensions()
    character(200) :: text
    integer :: status
    real :: elapsed(2), total

    call check(getpid() > 0 .and. time8() > 1700000000_8, 'getpid and time8')
    call check(.not. isatty(17), 'isatty')
    call check(len_trim(ttynam(17)) == 0, 'ttynam')
    call hostnm(text, status)
    call check(status /= 0 .or. text /= '', 'hostnm')
    call etime(elapsed, total)
    call check(total >= 0, 'etime')
    call check(access('/no/such/file', 'r') /= 0 .and. ierrno() /= 0, 'access and ierrno')
    call gerror(text)
    call check(text == 'No such file or directory', 'gerror')
    text = ctime(0_8)
    call check(text(1:24) == 'Thu Jan  1 00:00:00 1970', 'ctime')
    call check(fnum(6) == 1 .and. fnum(5) == 0, 'fnum')
    call sleep(0)
  end subroutine extensions

  subroutine environment_constants()
    call check(output_unit == 6 .and. input_unit == 5 .and. error_unit == 0, 'units')
    call check(int64 == 8 .and. real128 == 16 .and. all(integer_kinds == [1, 2, 4, 8, 16]), 'kinds')
    call check(numeric_storage_size == 32 .and. file_storage_size == 8, 'sizes')
    call check(index(compiler_version(), 'GCC version 12') == 1 .and. len(compiler_options()) > 0, 'the compiler')
  end subroutine environment_constants

  include 'check.inc'
end program system
