! OpenMP: the directives, by what they compute.
module openmp_module
  implicit none
  integer :: own = 0
  !$omp threadprivate(own)
end module openmp_module

program openmp
  use omp_lib
  use openmp_module
  implicit none
  integer :: check_count = 0, check_failures = 0
  integer, parameter :: n = 10000

  call regions()
  call loops()
  call reductions()
  call tasks()
  call private_data()
  call sharing()
  call synchronization()
  call questions()
  call check_finish()

contains

  subroutine regions()
    integer :: threads, team, seen(0:63)

    threads = omp_get_max_threads()
    seen = 0
    team = 0
    !$omp parallel shared(seen, team)
    seen(omp_get_thread_num()) = seen(omp_get_thread_num()) + 1
    !$omp single
    team = omp_get_num_threads()
    !$omp end single
    !$omp end parallel
    call check(team == threads .and. sum(seen) == team .and. maxval(seen) == 1, 'a parallel region')
    !$omp parallel num_threads(3) shared(team)
    !$omp master
    team = omp_get_num_threads()
    !$omp end master
    !$omp end parallel
    call check(team == 3, 'num_threads')
    !$omp parallel if (n < 10) shared(team)
    team = omp_get_num_threads()
    !$omp end parallel
    call check(team == 1, 'if')
  end subroutine regions

  subroutine loops()
    integer :: i, j, a(n), matrix(50, 60), last
    real(8) :: x(n)

    !$omp parallel do
    do i = 1, n
      a(i) = 2*i
    end do
    call check(sum(a) == n*(n + 1), 'a loop')
    !$omp parallel do schedule(dynamic, 7)
    do i = 1, n
      a(i) = a(i) + 1
    end do
    !$omp parallel do schedule(guided)
    do i = 1, n
      a(i) = a(i) - 1
    end do
    !$omp parallel do schedule(static, 1) lastprivate(last)
    do i = 1, n
      last = a(i)
    end do
    call check(sum(a) == n*(n + 1) .and. last == 2*n, 'schedules, lastprivate')
    !$omp parallel do collapse(2)
    do j = 1, 60
      do i = 1, 50
        matrix(i, j) = i*j
      end do
    end do
    call check(sum(matrix) == 1275*1830, 'collapse')
    !$omp parallel do simd
    do i = 1, n
      x(i) = sqrt(real(i, 8))
    end do
    call check(abs(x(n) - 100) < 1d-12, 'simd')
    !$omp parallel workshare
    a = 3
    x = x*x
    where (x > 5000) a = 4
    !$omp end parallel workshare
    call check(sum(a) == 3*n + count(x > 5000) .and. nint(x(17)) == 17, 'workshare')
  end subroutine loops

  subroutine reductions()
    integer :: i, total, largest, bits, counts(0:4)
    real(8) :: x
    complex(8) :: z
    logical :: all_positive

    total = 0
    largest = -1
    bits = 0
    x = 0
    z = 0
    counts = 0
    all_positive = .true.
    !$omp parallel do reduction(+:total, x, z, counts) reduction(max:largest) reduction(ior:bits) &
    !$omp reduction(.and.:all_positive)
    do i = 1, n
      total = total + i
      x = x + 1d0/i
      z = z + cmplx(i, -i, 8)
      counts(mod(i, 5)) = counts(mod(i, 5)) + 1
      largest = max(largest, mod(i*7919, n))
      bits = ior(bits, iand(i, 255))
      all_positive = all_positive .and. i > 0
    end do
    call check(total == n*(n + 1)/2 .and. abs(x - 9.787606036044382d0) < 1d-11, 'sums')
    call check(nint(real(z)) == total .and. all(counts == n/5), 'complex numbers and arrays')
    call check(largest == n - 1 .and. bits == 255 .and. all_positive, 'maximum, bits, logicals')
  end subroutine reductions

  recursive integer function fibonacci(k) result(f)
    integer, intent(in) :: k
    integer :: a, b

    if (k < 2) then
      f = k
      return
    end if
    !$omp task shared(a) firstprivate(k) if (k > 12)
    a = fibonacci(k - 1)
    !$omp end task
    b = fibonacci(k - 2)
    !$omp taskwait
    f = a + b
  end function fibonacci

  subroutine tasks()
    integer :: f, i, order(3), next, squares(100)

    !$omp parallel shared(f)
    !$omp single
    f = fibonacci(18)
    !$omp end single
    !$omp end parallel
    call check(f == 2584, 'recursion by tasks')
    next = 1
    !$omp parallel shared(order, next)
    !$omp single
    do i = 1, 3
      !$omp task depend(inout:next) firstprivate(i) shared(order, next)
      order(i) = next
      next = next + 1
      !$omp end task
    end do
    !$omp taskloop shared(squares)
    do i = 1, 100
      squares(i) = i*i
    end do
    !$omp end single
    !$omp end parallel
    call check(all(order == [1, 2, 3]) .and. sum(squares) == 338350, 'dependences, taskloop')
  end subroutine tasks

  subroutine private_data()
    integer :: first, sum_of_own, i
    real(8), allocatable :: work(:)

    own = 7
    sum_of_own = 0
    !$omp parallel copyin(own) reduction(+:sum_of_own)
    own = own + omp_get_thread_num()
    sum_of_own = own
    !$omp end parallel
    call check(sum_of_own == sum([(7 + i, i=0, omp_get_max_threads() - 1)]), 'threadprivate and copyin')
    first = 5
    allocate (work(100))
    work = 0
    !$omp parallel firstprivate(first) private(work)
    first = first + 1
    work = first
    !$omp critical
    call check(first == 6 .and. nint(sum(work)) == 600, 'firstprivate, an own array')
    !$omp end critical
    !$omp end parallel
    call check(first == 5 .and. nint(sum(work)) == 0, 'the outer ones stay')
  end subroutine private_data

  subroutine sharing()
    integer :: done(3), value

    done = 0
    !$omp parallel sections
    !$omp section
    done(1) = 1
    !$omp section
    done(2) = 1
    !$omp section
    done(3) = 1
    !$omp end parallel sections
    call check(all(done == 1), 'sections')
    !$omp parallel private(value)
    !$omp single
    value = 42
    !$omp end single copyprivate(value)
    !$omp critical
    call check(value == 42, 'copyprivate')
    !$omp end critical
    !$omp end parallel
  end subroutine sharing

  subroutine synchronization()
    integer :: i, counter, by_lock, by_critical, stage(0:63), wrong, last
    integer(omp_lock_kind) :: lock
    integer(omp_nest_lock_kind) :: nest

    counter = 0
    by_lock = 0
    by_critical = 0
    call omp_init_lock(lock)
    call omp_init_nest_lock(nest)
    !$omp parallel do
    do i = 1, 2000
      !$omp atomic
      counter = counter + 1
      !$omp critical (first)
      by_critical = by_critical + 1
      !$omp end critical (first)
      call omp_set_lock(lock)
      by_lock = by_lock + 1
      call omp_unset_lock(lock)
      call omp_set_nest_lock(nest)
      call omp_set_nest_lock(nest)
      by_lock = by_lock + 1
      call omp_unset_nest_lock(nest)
      call omp_unset_nest_lock(nest)
    end do
    call check(counter == 2000 .and. by_critical == 2000, 'atomic and critical')
    call omp_destroy_lock(lock)
    call omp_destroy_nest_lock(nest)
    stage = 0
    wrong = 0
    !$omp parallel reduction(+:wrong)
    stage(omp_get_thread_num()) = 1
    !$omp barrier
    wrong = count(stage(0:omp_get_num_threads() - 1) /= 1)
    !$omp end parallel
    call check(wrong == 0, 'a barrier')
    last = 0
    wrong = 0
    !$omp parallel do ordered
    do i = 1, 100
      !$omp ordered
      if (last /= i - 1) wrong = wrong + 1
      last = i
      !$omp end ordered
    end do
    call check(wrong == 0 .and. last == 100, 'ordered')
  end subroutine synchronization

  subroutine questions()
    real(8) :: before
    integer :: level

    before = omp_get_wtime()
    call check(omp_get_wtime() >= before .and. omp_get_wtick() < 1d-3, 'time')
    call check(.not. omp_in_parallel() .and. omp_get_level() == 0, 'outside')
    call check(omp_get_num_procs() >= 1 .and. omp_get_thread_limit() > 1, 'numbers')
    call check(openmp_version == 201511, 'version')
    level = 0
    call omp_set_max_active_levels(2)
    !$omp parallel num_threads(2) shared(level)
    !$omp parallel num_threads(2) shared(level)
    !$omp single
    !$omp atomic write
    level = omp_get_level()
    !$omp end single
    !$omp end parallel
    !$omp end parallel
    call check(level == 2, 'a region in a region')
  end subroutine questions

  include 'check.inc'
end program openmp
