! A nine-point stencil over a square grid, in parallel. usage: omp_stencil THREADS
! Prints the time of an update as the C programs here do: a warm-up, five rounds, the median.
program stencil
  use, intrinsic :: iso_fortran_env, only: error_unit, int64, real64
  use omp_lib
  implicit none
  integer, parameter :: side = 1024, steps = 50, rounds = 5, middle = 3
  real(real64), allocatable :: now(:, :), next(:, :)
  integer(int64) :: began, ended, rate, took(rounds)
  integer :: threads, round
  character(len=16) :: text

  threads = 1
  if (command_argument_count() == 1) then
    call get_command_argument(1, text)
    read (text, *) threads
  end if
  call omp_set_num_threads(threads)
  allocate (now(side, side), next(side, side))
  now = 0
  now(side / 4:side / 2, side / 4:side / 2) = 1
  next = now

  call run()
  do round = 1, rounds
    call system_clock(began, rate)
    call run()
    call system_clock(ended)
    took(round) = ended - began
  end do
  call sort(took)
  write (error_unit, '(a,i0,1x,f0.4,a)') 'stencil_', threads, &
    real(took(middle), real64) * 1e9_real64 / real(rate, real64) / &
    (real(steps, real64) * (side - 2)**2), ' ns'
  if (sum(now) <= 0) error stop 'the grid is empty'

contains

  subroutine run()
    integer :: step
    do step = 1, steps, 2
      call update(now, next)
      call update(next, now)
    end do
  end subroutine run

  subroutine update(from, to)
    real(real64), intent(in) :: from(side, side)
    real(real64), intent(inout) :: to(side, side)
    integer :: i, j
    !$omp parallel do private(i)
    do j = 2, side - 1
      do i = 2, side - 1
        to(i, j) = 0.25_real64 * from(i, j) &
          + 0.125_real64 * (from(i - 1, j) + from(i + 1, j) + from(i, j - 1) + from(i, j + 1)) &
          + 0.0625_real64 * (from(i - 1, j - 1) + from(i + 1, j - 1) + from(i - 1, j + 1) &
                             + from(i + 1, j + 1))
      end do
    end do
    !$omp end parallel do
  end subroutine update

  subroutine sort(values)
    integer(int64), intent(inout) :: values(:)
    integer(int64) :: value
    integer :: i, j
    do i = 2, size(values)
      value = values(i)
      j = i - 1
      do while (j >= 1)
        if (values(j) <= value) exit
        values(j + 1) = values(j)
        j = j - 1
      end do
      values(j + 1) = value
    end do
  end subroutine sort
end program stencil
