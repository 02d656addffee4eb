! Intrinsic functions on arrays, strings and bits: what the compiler leaves to libgfortran.
program intrinsics
  use, intrinsic :: iso_fortran_env, only: int8, int16, int32, int64, real32, real64
  implicit none
  integer :: check_count = 0, check_failures = 0

  call products()
  call reductions()
  call locations()
  call shapes()
  call shifts()
  call strings()
  call bits()
  call kinds()
  call check_finish()

contains

  ! Matrices that are too large for the compiler to do it in place.
  subroutine products()
    integer, parameter :: n = 70, m = 45, k = 83
    real(real64), allocatable :: a(:, :), b(:, :), c(:, :)
    real(real32), allocatable :: a4(:, :), b4(:, :)
    real(16), allocatable :: a16(:, :), b16(:, :)
    complex(real64), allocatable :: z(:, :), w(:, :)
    integer(int64), allocatable :: i8(:, :), j8(:, :)
    integer(int8), allocatable :: i1(:, :)
    logical, allocatable :: p(:, :), q(:, :), r(:, :)
    integer :: i, j

    allocate (a(n, m), b(m, k), z(n, m), w(m, k), i8(n, m), j8(m, k), p(n, m), q(m, k))
    forall (i=1:n, j=1:m) a(i, j) = i - 2*j
    forall (i=1:m, j=1:k) b(i, j) = 3*i + j
    c = matmul(a, b)
    call check(all(shape(c) == [n, k]), 'shape of matmul')
    call check(nint(c(7, 9), int64) == sum([((7_int64 - 2*i)*(3*i + 9), i=1, m)]), 'matmul of real(8)')
    call check(all(nint(matmul(a, b(:, 4)), int64) == nint(c(:, 4), int64)), 'matmul of matrix and vector')
    call check(all(nint(matmul(a(3, :), b), int64) == nint(c(3, :), int64)), 'matmul of vector and matrix')
    call check(all(nint(matmul(transpose(b), transpose(a)), int64) == transpose(nint(c, int64))), &
               'matmul of transposed')
    call check(all(nint(matmul(a(::2, :), b(:, ::3)), int64) == nint(c(::2, ::3), int64)), 'matmul of sections')
    a4 = real(a, real32)
    b4 = real(b, real32)
    call check(all(nint(matmul(a4, b4), int64) == nint(c, int64)), 'matmul of real(4)')
    a16 = a
    b16 = b
    call check(all(nint(matmul(a16, b16), int64) == nint(c, int64)), 'matmul of real(16)')
    z = cmplx(a, 1, real64)
    w = cmplx(0, b, real64)
    call check(all(nint(aimag(matmul(z, w)), int64) == nint(c, int64)), 'matmul of complex(8)')
    i8 = nint(a, int64)
    j8 = nint(b, int64)
    call check(all(matmul(i8, j8) == nint(c, int64)), 'matmul of integer(8)')
    i1 = reshape([(int(i, int8), i=1, 9)], [3, 3])
    call check(all(matmul(i1, i1) == reshape([30, 36, 42, 66, 81, 96, 102, 126, -106], [3, 3])), &
               'matmul of integer(1) wraps')
    p = modulo(i8, 7_int64) == 0
    q = modulo(j8, 5_int64) == 0
    r = matmul(p, q)
    call check(r(5, 6) .eqv. any(p(5, :) .and. q(:, 6)), 'matmul of logical')
    call check(nint(dot_product(a(1, :), b(:, 1))) == nint(c(1, 1)), 'dot_product')
    call check(abs(dot_product([(0d0, 1d0)], [(0d0, 1d0)]) - 1) < 1d-15, 'dot_product conjugates')
  end subroutine products

  subroutine reductions()
    integer :: i
    integer :: a(3, 4, 2)
    real(real64) :: x(3, 4)
    logical :: mask(3, 4)

    a = reshape([(i, i=1, 24)], shape(a))
    x = reshape([(real(i, real64), i=1, 12)], shape(x))
    mask = mod(nint(x), 2) == 0
    call check(sum(a) == 300, 'sum')
    call check(all(sum(a, 2) == reshape([22, 26, 30, 70, 74, 78], [3, 2])), 'sum along a dimension')
    call check(all(nint(sum(x, 1, mask)) == [2, 10, 8, 22]), 'sum with a mask')
    call check(nint(product(x(:, 1))) == 6 .and. all(nint(product(x, 2)) == [280, 880, 1944]), 'product')
    call check(maxval(a) == 24 .and. minval(a, a > 5) == 6, 'maxval and minval')
    call check(all(maxval(a, 3) == a(:, :, 2)), 'maxval along a dimension')
    call check(all(nint(minval(x, 2, mask)) == [4, 2, 6]), 'minval with a mask')
    call check(count(mask) == 6 .and. all(count(mask, 1) == [1, 2, 1, 2]), 'count')
    call check(any(mask) .and. .not. all(mask) .and. all(any(mask, 2)), 'any and all')
    call check(parity([.true., .true., .true.]) .and. .not. parity([.true., .true.]), 'parity')
    call check(abs(norm2([3d0, 4d0]) - 5) < 1d-15, 'norm2')
    call check(abs(norm2([3d300, 4d300]) - 5d300) < 1d286, 'norm2 does not overflow')
    call check(iall([7, 6, 14]) == 6 .and. iany([1, 2, 8]) == 11 .and. iparity([1, 3, 8]) == 10, 'bits of arrays')
    call check(all(iall(a, 3) == iand(a(:, :, 1), a(:, :, 2))), 'iall along a dimension')
    call check(sum(a(1:0, :, :)) == 0 .and. product(a(1:0, 1, 1)) == 1, 'nothing')
    call check(maxval(a(1:0, 1, 1)) == -huge(1) - 1, 'maxval of nothing')
    call check(maxval(['pear ', 'apple', 'quark']) == 'quark', 'maxval of strings')
  end subroutine reductions

  subroutine locations()
    integer :: a(3, 3)
    real(16) :: q(4)
    real :: nan

    a = reshape([5, 9, 1, 7, 9, 1, 2, 8, 1], [3, 3])
    q = [1.5_16, -3.25_16, 9.0_16, -3.25_16]
    nan = 0
    nan = nan/nan
    call check(all(maxloc(a) == [2, 1]) .and. all(minloc(a) == [3, 1]), 'maxloc and minloc')
    call check(all(maxloc(a, back=.true.) == [2, 2]), 'maxloc from the back')
    call check(all(maxloc(a, 1) == [2, 2, 2]) .and. all(minloc(a, 2) == [3, 3, 1]), 'along a dimension')
    call check(all(minloc(a, a > 1) == [1, 3]), 'minloc with a mask')
    call check(all(minloc(q) == [2]) .and. minloc(q, 1, back=.true.) == 4, 'minloc of real(16)')
    call check(all(findloc(a, 9) == [2, 1]) .and. all(findloc(a, 9, back=.true.) == [2, 2]), 'findloc')
    call check(all(findloc(a, 4) == 0) .and. all(findloc(a, 9, 1) == [2, 2, 0]), 'findloc of what is not there')
    call check(findloc(['ab', 'cd', 'ef'], 'cd', 1) == 2, 'findloc of strings')
    call check(maxloc([nan, 1.0, nan, 3.0], 1) == 4, 'maxloc passes over NaN')
    call check(maxloc(['b', 'd', 'c'], 1) == 2, 'maxloc of strings')
  end subroutine locations

  subroutine shapes()
    integer :: i
    integer :: a(2, 3), u(6)
    logical :: mask(2, 3)
    real(real64), allocatable :: r(:, :)
    character(2), allocatable :: c(:, :)

    a = reshape([1, 2, 3, 4, 5, 6], [2, 3])
    mask = mod(a, 2) == 1
    call check(all(pack(a, mask) == [1, 3, 5]), 'pack')
    call check(all(pack(a, .true.) == [1, 2, 3, 4, 5, 6]), 'pack all')
    call check(all(pack(a, a > 4, [(-i, i=1, 4)]) == [5, 6, -3, -4]), 'pack with a vector')
    call check(all(unpack([10, 20, 30], mask, a) == reshape([10, 2, 20, 4, 30, 6], [2, 3])), 'unpack')
    call check(all(unpack([10, 20, 30], mask, 0) == reshape([10, 0, 20, 0, 30, 0], [2, 3])), 'unpack with a scalar')
    call check(all(reshape(a, [3, 2], order=[2, 1]) == reshape([1, 3, 5, 2, 4, 6], [3, 2])), 'reshape in order')
    u = reshape(a, [6])
    call check(all(u == [1, 2, 3, 4, 5, 6]), 'reshape')
    call check(all(reshape([1, 2], [5], pad=[7, 8]) == [1, 2, 7, 8, 7]), 'reshape with a pad')
    r = spread([1d0, 2d0], 2, 3)
    call check(all(shape(r) == [2, 3]) .and. all(nint(r(2, :)) == 2), 'spread')
    c = reshape(['ab', 'cd', 'ef', 'gh'], [2, 2])
    call check(c(1, 2) == 'ef', 'reshape of strings')
    c = transpose(c)
    call check(c(1, 2) == 'cd', 'transpose of strings')
    call check(size(a) == 6 .and. size(a, 2) == 3 .and. lbound(a, 1) == 1 .and. ubound(a, 2) == 3, 'bounds')
    call check(all(merge(a, -a, mask) == reshape([1, -2, 3, -4, 5, -6], [2, 3])), 'merge')
    call check(all(transfer(1_int64, [0_int8]) == [1, 0, 0, 0, 0, 0, 0, 0]), 'transfer')
    call check(is_contiguous(a(:, 2:3)) .and. .not. is_contiguous(a(1:1, :)), 'is_contiguous')
    call takes_packed(a(2, :))
  end subroutine shapes

  ! A section that is no run of memory is copied in and out.
  subroutine takes_packed(v)
    integer, intent(inout), contiguous :: v(:)

    call check(all(v == [2, 4, 6]), 'a section as a contiguous argument')
  end subroutine takes_packed

  subroutine shifts()
    integer :: a(3, 3)
    real(16) :: q(3)
    character(1) :: c(4)

    a = reshape([1, 2, 3, 4, 5, 6, 7, 8, 9], [3, 3])
    q = [1, 2, 3]
    c = ['a', 'b', 'c', 'd']
    call check(all(cshift(a(:, 1), 1) == [2, 3, 1]), 'cshift')
    call check(all(cshift(a, [0, 1, 2], 1) == reshape([1, 2, 3, 5, 6, 4, 9, 7, 8], [3, 3])), 'cshift by an array')
    call check(all(nint(cshift(q, -1)) == [3, 1, 2]), 'cshift of real(16)')
    call check(all(cshift(c, 2) == ['c', 'd', 'a', 'b']), 'cshift of strings')
    call check(all(eoshift(a(:, 2), 1) == [5, 6, 0]), 'eoshift')
    call check(all(eoshift(a, -1, [10, 20, 30], 1) == reshape([10, 1, 2, 20, 4, 5, 30, 7, 8], [3, 3])), &
               'eoshift with a boundary')
    call check(all(eoshift(a, [1, 0, -1], dim=2) == reshape([4, 2, 0, 7, 5, 3, 0, 8, 6], [3, 3])), &
               'eoshift by an array')
    call check(all(eoshift(c, -2) == [' ', ' ', 'a', 'b']), 'eoshift of strings')
  end subroutine shifts

  subroutine strings()
    character(12) :: s
    character(kind=4, len=5) :: wide

    s = '  some text '
    call check(adjustl(s) == 'some text' .and. adjustr(s) == '   some text', 'adjustl and adjustr')
    call check(len_trim(s) == 11 .and. trim(adjustl(s))//'.' == 'some text.', 'trim')
    call check(index(s, 'te') == 8 .and. index('banana', 'an', .true.) == 4 .and. index(s, 'q') == 0, 'index')
    call check(scan('fortran', 'tr') == 3 .and. scan('fortran', 'tr', .true.) == 5, 'scan')
    call check(verify('aabbc', 'ab') == 5 .and. verify('abab', 'ab') == 0, 'verify')
    call check(repeat('ab', 3) == 'ababab' .and. repeat('x', 0) == '', 'repeat')
    call check(lle('a', 'b') .and. lgt('b', 'a') .and. .not. llt('b', 'a') .and. lge('a', 'a '), 'order')
    call check('abc' < 'abd' .and. 'ab' == 'ab  ' .and. 'b' > 'abc', 'comparison')
    call check(ichar('A') == 65 .and. achar(97) == 'a' .and. iachar('z') == 122, 'characters')
    wide = 4_'f'//char(252, 4)//4_'nf'
    call check(len_trim(wide) == 4 .and. ichar(wide(2:2)) == 252, 'characters of four bytes')
    call check(index(wide, 4_'nf') == 3, 'index of such characters')
    call check(selected_char_kind('ISO_10646') == 4 .and. selected_char_kind('ASCII') == 1, 'selected_char_kind')
    select case (trim(adjustl(s)))
    case ('a':'d')
      call check(.false., 'select case of strings')
    case ('some text')
      call check(.true., 'select case of strings')
    case default
      call check(.false., 'select case of strings')
    end select
  end subroutine strings

  subroutine bits()
    integer(int16) :: h
    integer(16) :: huge_one
    integer :: j

    h = 255_int16
    huge_one = 2_16**100
    call check(popcnt(h) == 8 .and. poppar(7) == 1 .and. leadz(1_int64) == 63 .and. trailz(8) == 3, 'counts')
    call check(ishftc(13, 2, 4) == 7 .and. ishft(-1, -28) == 15, 'shifts')
    call check(shifta(-8, 1) == -4 .and. shiftr(-1, 31) == 1 .and. shiftl(1, 4) == 16, 'shifta, shiftr, shiftl')
    call check(dshiftl(1, -1, 4) == 31 .and. maskl(1) == -huge(1) - 1 .and. maskr(3) == 7, 'dshiftl and masks')
    call check(ieor(5, 3) == 6 .and. not(0) == -1 .and. merge_bits(5, 10, 12) == 6, 'logic')
    call check(bge(-1, 1) .and. btest(4, 2) .and. ibset(0, 3) == 8 .and. ibclr(15, 0) == 14, 'single bits')
    j = 0
    call mvbits(7, 0, 3, j, 4)
    call check(j == 112 .and. ibits(112, 4, 3) == 7, 'mvbits and ibits')
    call check(huge_one/2_16**98 == 4 .and. mod(huge_one, 7_16) == 2, 'integers of 16 bytes')
    call check(2**(-j) == 0 .and. 3_int64**(j/8 + 6) == 3486784401_int64 .and. (-j)**3 == -1404928, 'powers')
    call check(abs(2.5d0**(-2) - 0.16d0) < 1d-16 .and. abs((0d0, 1d0)**3 + (0d0, 1d0)) < 1d-15, 'powers of reals')
  end subroutine bits

  subroutine kinds()
    call check(selected_int_kind(9) == int32 .and. selected_int_kind(30) == 16, 'selected_int_kind')
    call check(selected_int_kind(60) == -1, 'selected_int_kind of too much')
    call check(selected_real_kind(6) == real32 .and. selected_real_kind(15, 300) == real64, 'selected_real_kind')
    call check(selected_real_kind(18) == 10 .and. selected_real_kind(30) == 16, 'selected_real_kind of more')
    call check(modulo(-7, 3) == 2 .and. mod(-7, 3) == -1 .and. nint(-2.5) == -3, 'modulo and nint')
    call check(floor(-1.5) == -2 .and. ceiling(-1.5) == -1 .and. int(-1.5) == -1, 'floor and ceiling')
    call check(exponent(8.0) == 4 .and. abs(fraction(8.0) - 0.5) < 1e-7 .and. abs(scale(1.0, 3) - 8) < 1e-7, 'parts')
    call check(nearest(1.0, 1.0) > 1.0 .and. spacing(1.0) > 0 .and. rrspacing(1.0) > 1, 'neighbours')
  end subroutine kinds

  include 'check.inc'
end program intrinsics
