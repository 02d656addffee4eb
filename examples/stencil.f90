! The heat equation on a square, by a stencil of five points, on all CPUs:
!   uhyve-fortran -O3 -fopenmp stencil.f90 -o stencil && uhyve -c auto stencil [SIZE [STEPS]]
program stencil
  use, intrinsic :: iso_fortran_env, only: real64
  use omp_lib, only: omp_get_max_threads, omp_get_wtime
  implicit none
  integer :: n, steps, step
  real(real64), allocatable :: now(:, :), next(:, :)
  real(real64) :: start, seconds

  n = argument(1, 1000)
  steps = argument(2, 200)
  allocate (now(0:n + 1, 0:n + 1), next(0:n + 1, 0:n + 1))
  call fill(now)
  call fill(next)

  start = omp_get_wtime()
  do step = 1, steps
    call advance(now, next)
    call swap(now, next)
  end do
  seconds = omp_get_wtime() - start

  print '(a, i0, a, i0, a, i0, a, i0, a)', 'stencil: ', n, ' x ', n, ' points, ', steps, ' steps, ', &
    omp_get_max_threads(), ' threads'
  print '(a, f0.6)', 'checksum ', sum(now)
  print '(a, f0.1, a, f0.1, a)', 'time ', 1d3*seconds, ' ms, ', &
    1d-6*real(n, real64)**2*steps/seconds, ' million points a second'

contains

  ! The number at a place of the command line.
  integer function argument(place, default)
    integer, intent(in) :: place, default
    character(12) :: text
    integer :: status

    argument = default
    if (command_argument_count() < place) return
    call get_command_argument(place, text)
    read (text, *, iostat=status) argument
    if (status /= 0 .or. argument < 1) error stop 'usage: stencil [SIZE [STEPS]]'
  end function argument

  ! Cold, with one hot edge. Each thread is first to touch what it works on later.
  subroutine fill(field)
    real(real64), intent(out) :: field(0:, 0:)
    integer :: j

    !$omp parallel do schedule(static)
    do j = 0, n + 1
      field(:, j) = 0
      field(0, j) = 100
    end do
  end subroutine fill

  subroutine advance(from, to)
    real(real64), intent(in), contiguous :: from(0:, 0:)
    real(real64), intent(inout), contiguous :: to(0:, 0:)
    integer :: i, j

    !$omp parallel do schedule(static) private(i)
    do j = 1, n
      do i = 1, n
        to(i, j) = 0.25_real64*(from(i - 1, j) + from(i + 1, j) + from(i, j - 1) + from(i, j + 1))
      end do
    end do
  end subroutine advance

  subroutine swap(a, b)
    real(real64), allocatable, intent(inout) :: a(:, :), b(:, :)
    real(real64), allocatable :: c(:, :)

    call move_alloc(a, c)
    call move_alloc(b, a)
    call move_alloc(c, b)
  end subroutine swap
end program stencil
