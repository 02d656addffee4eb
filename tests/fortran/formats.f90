! All edit descriptors, written to and read from strings.
program formats
  implicit none
  integer :: check_count = 0, check_failures = 0
  character(80) :: line

  call integers()
  call reals()
  call logicals_and_text()
  call positions()
  call control()
  call derived()
  call reading()
  call list_directed()
  call encodings()
  call check_finish()

contains

  ! What was written to line, and nothing more.
  subroutine expect(text)
    character(*), intent(in) :: text

    call check(line == text, '"'//trim(line)//'" is "'//text//'"')
    line = ''
  end subroutine expect

  subroutine integers()
    write (line, '(i5, i0, i8.4, i3)') 42, -7, 35, 1000
    call expect('   42-7    0035***')
    write (line, '(sp, i4, ss, i4, s, i4)') 5, 5, 5
    call expect('  +5   5   5')
    write (line, '(b8.8, 1x, o0, 1x, z6, 1x, z0)') 5, 64, 48879, -1
    call expect('00000101 100   BEEF FFFFFFFF')
    write (line, '(3i3)') [1, 2, 3]
    call expect('  1  2  3')
    write (line, '(i0)') huge(1_16)
    call expect('170141183460469231731687303715884105727')
    write (line, '(2(i2, ":"), i2)') 12, 34, 56
    call expect('12:34:56')
    write (line, '(*(i0, :, ","))') 1, 2, 3
    call expect('1,2,3')
    write (line, '(g0, 1x, g0)') 12, 'x'
    call expect('12 x')
  end subroutine integers

  subroutine reals()
    write (line, '(f8.3, f0.2, f6.0, f5.1)') 3.14159d0, -0.5d0, 2.5d0, 123456d0
    call expect('   3.142-.50    2.*****')
    write (line, '(e12.4, 1x, e12.4e3, 1x, d12.4)') 12345.678d0, 1d-100, 0.5d0
    call expect('  0.1235E+05  0.1000E-099   0.5000D+00')
    write (line, '(es12.3, 1x, en12.3)') 12345.678d0, 12345.678d0
    call expect('   1.235E+04   12.346E+03')
    write (line, '(g12.4, g12.4, g12.4)') 0.5d0, 12345678d0, 0d0
    call expect('  0.5000      0.1235E+08   0.000')
    write (line, '(1p, e12.4, 0p, f8.2, 2p, f8.2)') 12345.678d0, 1.5d0, 1.5d0
    call expect('  1.2346E+04    1.50  150.00')
    write (line, '(f6.2, f6.2, f6.2)') 0.125d0, 0.375d0, -0.001d0
    call expect('  0.12  0.38 -0.00')
    write (line, '(rn, f5.1, ru, f5.1, rd, f5.1, rz, f5.1, rc, f5.1)') 0.25d0, 0.21d0, 0.29d0, -0.29d0, 0.25d0
    call expect('  0.2  0.3  0.2 -0.2  0.3')
    write (line, '(dc, f6.2, dp, f6.2)') 1.5d0, 1.5d0
    call expect('  1,50  1.50')
    write (line, '(f0.3)') 1e10
    call expect('10000000000.000')
    write (line, '(f40.30)') 1.0_16/3
    call expect('        0.333333333333333333333333333333')
    write (line, '(es28.20)') 1.0_10/3
    call expect('  3.33333333333333333342E-01')
    write (line, '(2f8.3)') (1.5, -2.25)
    call expect('   1.500  -2.250')
    write (line, '(3f10.3)') inf(), -inf(), nan()
    call expect('  Infinity -Infinity       NaN')
  end subroutine reals

  real function inf()
    inf = huge(1.0)
    inf = inf*2
  end function inf

  real function nan()
    nan = inf() - inf()
  end function nan

  subroutine logicals_and_text()
    write (line, '(l1, l4, l1)') .true., .false., .true.
    call expect('T   FT')
    write (line, '(a, a6, a2, "lit", 3hHol)') 'ab', 'cd', 'efgh'
    call expect('ab    cdeflitHol')
    write (line, '(a, "it''s", a)') 'a', 'b'
    call expect('ait''sb')
  end subroutine logicals_and_text

  subroutine positions()
    write (line, '(t5, a, t1, a)') 'right', 'left'
    call expect('leftright')
    write (line, '(a, 3x, a, tl2, a, tr3, a)') 'a', 'bc', 'd', 'e'
    call expect('a   dc  e')
    write (line, '(a, tl1, a)') 'ab', 'c'
    call expect('ac')
  end subroutine positions

  ! Slashes, colons, reversion, into an array of strings.
  subroutine control()
    character(10) :: lines(4)

    lines = ''
    write (lines, '(i2, /, i2, //, a)') 1, 2, 'end'
    call check(lines(1) == ' 1' .and. lines(2) == ' 2' .and. lines(3) == '' .and. lines(4) == 'end', 'slashes')
    lines = ''
    write (lines, '(a, (i2, i2))') 'x', 1, 2, 3, 4, 5
    call check(lines(1) == 'x 1 2' .and. lines(2) == ' 3 4' .and. lines(3) == ' 5', 'reversion of the format')
    write (line, '(i2, :, " more", i2)') 1
    call expect(' 1')
  end subroutine control

  subroutine derived()
    type :: point
      integer :: x, y
      character(2) :: name
    end type point

    write (line, '(2i3, 1x, a)') point(1, 2, 'pq')
    call expect('  1  2 pq')
  end subroutine derived

  subroutine reading()
    integer :: i, j, k, status
    real(8) :: x, y
    real(16) :: q
    complex(8) :: z
    logical :: l
    character(5) :: text
    character(60) :: message

    line = ' 42  -7 ff'
    read (line, '(i3, i4, 1x, z2)') i, j, k
    call check(i == 42 .and. j == -7 .and. k == 255, 'integers')
    line = '1234567'
    read (line, '(f5.2, i2)') x, i
    call check(abs(x - 123.45d0) < 1d-12 .and. i == 67, 'a real without a point')
    line = '1.5e3 -2.25D-1'
    read (line, '(f5.0, 1x, d8.0)') x, y
    call check(abs(x - 1500) < 1d-9 .and. abs(y + 0.225d0) < 1d-15, 'reals with exponents')
    line = '1 2 3'
    read (line, '(bz, i3, bn, i2)') i, j
    call check(i == 102 .and. j == 3, 'blanks')
    line = 'T.false.'
    read (line, '(l1, l7)') l, l
    call check(.not. l, 'logicals')
    line = 'abcdefgh'
    read (line, '(a3, tl2, a5)') text, text
    call check(text == 'bcdef', 'text, twice')
    line = '(1.5,-2)'
    read (line, *) z
    call check(abs(z - (1.5d0, -2d0)) < 1d-15, 'a complex number')
    line = '0.1'
    read (line, *) q
    call check(abs(q - 0.1_16) < 1e-33_16, 'real(16)')
    line = '3,4'
    read (line, '(dc, f3.1)') x
    call check(abs(x - 3.4d0) < 1d-15, 'a decimal comma')
    line = 'inf nan'
    read (line, '(f3.0, f4.0)') x, y
    call check(x > huge(x) .and. .not. y <= huge(y), 'infinity and NaN')
    line = '12x'
    read (line, '(i3)', iostat=status, iomsg=message) i
    call check(status > 0 .and. message == 'Bad value during integer read', 'a bad integer')
    line = ''
    read (line, '(i3)', iostat=status) i
    call check(status == 0 .and. i == 0, 'nothing at all')
    line = '99999999999'
    read (line, '(i11)', iostat=status) i
    call check(status > 0, 'an integer that is too large')
  end subroutine reading

  subroutine list_directed()
    integer :: a(6), status
    character(8) :: s, t
    logical :: l
    real :: x

    a = -1
    line = '1, 2*7,, 3 /'
    read (line, *) a
    call check(all(a == [1, 7, 7, -1, 3, -1]), 'repetition, null values, the end')
    line = "'it''s' two t 1.5"
    read (line, *) s, t, l, x
    call check(s == 'it''s' .and. t == 'two' .and. l .and. abs(x - 1.5) < 1e-6, 'words')
    write (line, *) 1, 2.5, .true., 'text', (1.0, 2.0)
    call expect('           1   2.50000000     T text             (1.00000000,2.00000000)')
    line = 'x'
    read (line, *, iostat=status) a(1)
    call check(status > 0, 'a bad list')
    line = '1'
    read (line, *, iostat=status) a(1:2)
    call check(status < 0, 'a list that is too short')
  end subroutine list_directed

  subroutine encodings()
    character(kind=4, len=4) :: wide
    character(kind=4, len=20) :: wide_line

    wide = 4_'abc'
    write (wide_line, '(a, i3)') wide, 12
    call check(wide_line == 4_'abc  12', 'a string of characters of four bytes')
  end subroutine encodings

  include 'check.inc'
end program formats
