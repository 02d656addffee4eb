! Coarrays of the one image that there is.
program coarray
  implicit none
  integer :: check_count = 0, check_failures = 0
  integer :: a(4)[*], total[*], i
  real, allocatable :: b(:)[:]

  call check(num_images() == 1 .and. this_image() == 1, 'one image')
  a = [(i, i=1, 4)]
  total = sum(a)
  sync all
  call check(a(3)[1] == 3 .and. total[1] == 10, 'values of the image')
  allocate (b(10)[*])
  b = 2
  b(5)[1] = 3
  sync all
  call check(nint(sum(b)) == 21, 'an allocatable coarray')
  critical
    total = total + 1
  end critical
  call co_sum(total)
  call check(total == 11 .and. image_index(a, [1]) == 1, 'critical, co_sum')
  deallocate (b)
  call check_finish()

contains

  include 'check.inc'
end program coarray
