! Allocatables, pointers, derived types and classes.
module shapes_module
  implicit none
  integer :: finalized = 0

  type, abstract :: shape
    character(:), allocatable :: name
  contains
    procedure(area_of), deferred :: area
    procedure :: describe
  end type shape

  abstract interface
    real(8) function area_of(self)
      import :: shape
      class(shape), intent(in) :: self
    end function area_of
  end interface

  type, extends(shape) :: rectangle
    real(8) :: width = 0, height = 0
  contains
    procedure :: area => area_of_rectangle
    procedure, private :: scaled
    generic :: operator(*) => scaled
    generic :: write (formatted) => write_rectangle
    procedure, private :: write_rectangle
  end type rectangle

  type, extends(rectangle) :: square
  contains
    procedure :: describe => describe_square
  end type square

  type :: node
    integer :: value = 0
  contains
    final :: end_of_node
  end type node

  type :: tree
    type(node) :: root
  end type tree

contains

  function describe(self) result(text)
    class(shape), intent(in) :: self
    character(:), allocatable :: text
    character(20) :: number

    write (number, '(f0.1)') self%area()
    text = self%name//' of '//trim(number)
  end function describe

  function describe_square(self) result(text)
    class(square), intent(in) :: self
    character(:), allocatable :: text

    text = 'a '//self%rectangle%describe()
  end function describe_square

  real(8) function area_of_rectangle(self)
    class(rectangle), intent(in) :: self

    area_of_rectangle = self%width*self%height
  end function area_of_rectangle

  function scaled(self, factor) result(product)
    class(rectangle), intent(in) :: self
    real(8), intent(in) :: factor
    type(rectangle) :: product

    product = rectangle(name=self%name, width=self%width*factor, height=self%height*factor)
  end function scaled

  ! How a rectangle is written by dt.
  subroutine write_rectangle(self, unit, iotype, v_list, iostat, iomsg)
    class(rectangle), intent(in) :: self
    integer, intent(in) :: unit
    character(*), intent(in) :: iotype
    integer, intent(in) :: v_list(:)
    integer, intent(out) :: iostat
    character(*), intent(inout) :: iomsg

    if (iotype /= 'DTsides' .or. size(v_list) /= 0) iomsg = 'another type'
    write (unit, '(i0, a, i0)', iostat=iostat, iomsg=iomsg) nint(self%width), 'x', nint(self%height)
  end subroutine write_rectangle

  elemental impure subroutine end_of_node(self)
    type(node), intent(inout) :: self

    finalized = finalized + self%value
  end subroutine end_of_node
end module shapes_module

program types
  use shapes_module
  implicit none
  integer :: check_count = 0, check_failures = 0, base

  call allocatables()
  call too_much()
  call pointers()
  call classes()
  call finalizers()
  call procedures()
  call check_finish()

contains

  subroutine allocatables()
    integer, allocatable :: a(:), b(:, :), c(:)
    character(:), allocatable :: s
    integer :: status, i
    character(60) :: message
    type :: holder
      integer, allocatable :: part(:)
    end type holder
    type(holder) :: h(2)

    allocate (a(3:5), source=[1, 2, 3])
    call check(lbound(a, 1) == 3 .and. ubound(a, 1) == 5 .and. a(4) == 2, 'bounds')
    a = [a, 4, 5]
    call check(size(a) == 5 .and. a(ubound(a, 1)) == 5, 'grown by assignment')
    allocate (a(2), stat=status, errmsg=message)
    call check(status /= 0 .and. message == 'Attempt to allocate an allocated object', 'allocated twice')
    call move_alloc(a, c)
    call check(.not. allocated(a) .and. size(c) == 5, 'moved')
    deallocate (a, stat=status)
    call check(status /= 0, 'deallocated without being allocated')
    s = 'short'
    s = s//' and longer'
    call check(len(s) == 16, 'a string of deferred length')
    allocate (b(2, 3))
    b = reshape([(i, i=1, 6)], [2, 3])
    allocate (a, mold=b(:, 1))
    call check(size(a) == 2, 'a mold')
    h(1)%part = [1, 2, 3]
    h(2) = h(1)
    h(2)%part(1) = 10
    call check(h(1)%part(1) == 1 .and. size(h(2)%part) == 3, 'members are copied')
    associate (second => b(2, :))
      second = -second
    end associate
    call check(all(b(2, :) == [-2, -4, -6]), 'associate')
  end subroutine allocatables

  ! More memory than there is: in one go, and more than an address holds.
  subroutine too_much()
    real(8), allocatable :: a(:), b(:, :)
    integer :: status
    integer(8) :: n

    n = 2_8**45
    allocate (a(n), stat=status)
    call check(status /= 0 .and. .not. allocated(a), 'more than there is')
    allocate (b(n, n), stat=status)
    call check(status /= 0, 'more than can be')
  end subroutine too_much

  subroutine pointers()
    integer, target :: a(6) = [1, 2, 3, 4, 5, 6]
    integer, pointer :: p(:), matrix(:, :), one
    type :: item
      integer :: value
      type(item), pointer :: next => null()
    end type item
    type(item), pointer :: list, current
    integer :: i, total

    p => a(::2)
    p = p*10
    call check(all(a == [10, 2, 30, 4, 50, 6]), 'a pointer to a section')
    matrix(1:2, 1:3) => a
    call check(matrix(2, 3) == 6 .and. associated(p, a(::2)) .and. .not. associated(p, a), 'bounds, associated')
    allocate (one)
    one = 3
    deallocate (one)
    nullify (one)
    call check(.not. associated(one), 'nullify')
    list => null()
    do i = 1, 100
      allocate (current)
      current%value = i
      current%next => list
      list => current
    end do
    total = 0
    do while (associated(list))
      total = total + list%value
      current => list
      list => list%next
      deallocate (current)
    end do
    call check(total == 5050, 'a list')
  end subroutine pointers

  subroutine classes()
    class(shape), allocatable :: s, t
    class(*), allocatable :: anything
    class(shape), pointer :: p
    type(rectangle), target :: r
    type(rectangle) :: twice
    character(20) :: line

    r = rectangle(name='rectangle', width=2d0, height=3d0)
    allocate (s, source=r)
    call check(s%describe() == 'rectangle of 6.0', 'a method of the parent')
    deallocate (s)
    allocate (s, source=square(name='square', width=2d0, height=2d0))
    call check(s%describe() == 'a square of 4.0', 'an overridden method')
    select type (s)
    type is (rectangle)
      call check(.false., 'type is')
    class is (rectangle)
      call check(nint(s%width) == 2, 'class is')
    end select
    allocate (t, source=s)
    call check(same_type_as(s, t) .and. extends_type_of(s, r) .and. .not. same_type_as(s, r), 'types')
    p => r
    call check(nint(p%area()) == 6, 'a pointer to a class')
    twice = r*2d0
    call check(nint(twice%area()) == 24, 'an operator')
    write (line, '(dt "sides", i3)') r, 7
    call check(line == '2x3  7', 'output that the type defines')
    anything = 42
    select type (anything)
    type is (integer)
      call check(anything == 42, 'class(*)')
    class default
      call check(.false., 'class(*)')
    end select
    call check(storage_size(twice%width) == 64, 'storage_size')
  end subroutine classes

  subroutine finalizers()
    finalized = 0
    block
      type(node), allocatable :: one, many(:)
      type(tree) :: holder

      allocate (one)
      one%value = 1
      allocate (many(2))
      many%value = [10, 20]
      deallocate (one)
      call check(finalized == 1, 'by deallocate')
      holder%root%value = 100
    end block
    call check(finalized == 131, 'at the end of a block, of arrays and members')
  end subroutine finalizers

  recursive integer(8) function ackermann(m, n) result(a)
    integer(8), intent(in) :: m, n

    if (m == 0) then
      a = n + 1
    else if (n == 0) then
      a = ackermann(m - 1, 1_8)
    else
      a = ackermann(m - 1, ackermann(m, n - 1))
    end if
  end function ackermann

  elemental integer function doubled(i)
    integer, intent(in) :: i

    doubled = 2*i
  end function doubled

  subroutine procedures()
    procedure(ackermann), pointer :: p

    p => ackermann
    call check(p(2_8, 3_8) == 9 .and. ackermann(3_8, 5_8) == 253, 'recursion, by a pointer too')
    call check(all(doubled([1, 2, 3]) == [2, 4, 6]), 'an elemental function')
    base = 5
    call check(apply(adds_base) == 6, 'an inner procedure as an argument')
    call optional_argument()
    call optional_argument(3)
    call check(all(abs(matmul_of_three() - 6) < 1e-6), 'a result of a size to be computed')
  end subroutine procedures

  integer function adds_base(i)
    integer, intent(in) :: i

    adds_base = i + base
  end function adds_base

  integer function apply(f)
    interface
      integer function f(i)
        integer, intent(in) :: i
      end function f
    end interface

    apply = f(1)
  end function apply

  subroutine optional_argument(i)
    integer, intent(in), optional :: i

    if (present(i)) then
      call check(i == 3, 'an optional argument')
    else
      call check(.true., 'none')
    end if
  end subroutine optional_argument

  function matmul_of_three() result(r)
    real :: r(size(doubled([1, 2, 3])))

    r = matmul(reshape([1., 1., 1., 2., 2., 2., 3., 3., 3.], [3, 3]), [1., 1., 1.])
  end function matmul_of_three

  include 'check.inc'
end program types
