! Real and complex numbers of all kinds: elementary and special functions.
program numbers
  implicit none
  integer :: check_count = 0, check_failures = 0

  call reals()
  call special()
  call extended()
  call quadruple()
  call complex_double()
  call complex_extended()
  call complex_quadruple()
  call check_finish()

contains

  pure logical function near(a, b, ulps)
    real(8), intent(in) :: a, b, ulps

    near = abs(a - b) <= ulps*epsilon(a)*max(abs(b), tiny(b))
  end function near

  pure logical function near10(a, b, ulps)
    real(10), intent(in) :: a, b
    real(8), intent(in) :: ulps

    near10 = abs(a - b) <= ulps*epsilon(a)*max(abs(b), tiny(b))
  end function near10

  pure logical function near16(a, b, ulps)
    real(16), intent(in) :: a, b
    real(8), intent(in) :: ulps

    near16 = abs(a - b) <= ulps*epsilon(a)*max(abs(b), tiny(b))
  end function near16

  subroutine reals()
    real(8) :: x
    real(4) :: s

    x = 0.7d0
    s = 0.7
    call check(near(sin(x)**2 + cos(x)**2, 1d0, 2d0), 'sin and cos')
    call check(near(tan(x), sin(x)/cos(x), 4d0), 'tan')
    call check(near(atan2(x, -x), 3*atan(1d0), 2d0), 'atan2')
    call check(near(asin(x) + acos(x), 2*atan(1d0), 2d0), 'asin and acos')
    call check(near(log(exp(x)), x, 2d0) .and. near(10**log10(x), x, 4d0), 'exp and log')
    call check(near(cosh(x)**2 - sinh(x)**2, 1d0, 8d0) .and. near(tanh(atanh(x)), x, 4d0), 'hyperbolic')
    call check(near(sinh(asinh(x)), x, 4d0) .and. near(cosh(acosh(1 + x)), 1 + x, 4d0), 'inverse hyperbolic')
    call check(near(hypot(3*x, 4*x), 5*x, 2d0), 'hypot')
    call check(near(sind(30*x/0.7d0), 0.5d0, 4d0) .and. near(tand(45*x/0.7d0), 1d0, 4d0), 'degrees')
    call check(near(acosd(x - 0.2d0), 60d0, 4d0), 'inverse, in degrees')
    call check(abs(sqrt(s)**2 - s) < 2*epsilon(s) .and. abs(exp(log(s)) - s) < 4*epsilon(s), 'single precision')
    call check(near(anint(x) + aint(1 + x), 2d0, 0d0) .and. nint(x*10, 8) == 7, 'rounding')
    call check(near(dim(x, 0.2d0), 0.5d0, 2d0) .and. near(sign(x, -1d0), -x, 0d0), 'dim and sign')
    call check(near(dprod(s, 2.0), 2*real(s, 8), 0d0), 'dprod')
  end subroutine reals

  ! Values from tables, to 16 digits.
  subroutine special()
    real(8) :: x, many(0:5)
    integer :: n

    x = 1.5d0
    n = 3
    call check(near(gamma(x), 0.8862269254527580d0, 4d0), 'gamma')
    call check(near(log_gamma(x), -0.1207822376352452d0, 8d0), 'log_gamma')
    call check(near(erf(x), 0.9661051464753107d0, 4d0) .and. near(erfc(x), 0.03389485352468927d0, 8d0), 'erf')
    call check(near(erfc_scaled(x), 0.3215854164543176d0, 8d0), 'erfc_scaled')
    call check(near(erfc_scaled(100*x), 3.76118031224799193d-3, 8d0), 'erfc_scaled of much')
    call check(near(bessel_j0(x), 0.5118276717359181d0, 8d0), 'bessel_j0')
    call check(near(bessel_j1(x), 0.5579365079100996d0, 8d0), 'bessel_j1')
    call check(near(bessel_jn(n, x), 0.06096395114113963d0, 16d0), 'bessel_jn')
    call check(near(bessel_y0(x), 0.3824489237977589d0, 8d0), 'bessel_y0')
    call check(near(bessel_y1(x), -0.4123086269739113d0, 8d0), 'bessel_y1')
    call check(near(bessel_yn(n, x), -2.07354139906068578d0, 16d0), 'bessel_yn')
    many = bessel_jn(0, 5, x)
    call check(near(many(0), bessel_j0(x), 16d0) .and. near(many(3), bessel_jn(3, x), 16d0), 'bessel_jn of many')
    many = bessel_yn(0, 5, x)
    call check(near(many(1), bessel_y1(x), 16d0) .and. near(many(5), bessel_yn(5, x), 32d0), 'bessel_yn of many')
  end subroutine special

  ! Digits beyond those of real(8) show that nothing is computed in that.
  subroutine extended()
    real(10) :: x, many(0:3)
    integer :: n

    x = 1.5_10
    n = 2
    call check(near10(exp(x), 4.48168907033806482260206_10, 4d0), 'exp of real(10)')
    call check(near10(log(x), 0.405465108108164381978013_10, 4d0), 'log of real(10)')
    call check(near10(sin(x), 0.997494986604054430941723_10, 4d0), 'sin of real(10)')
    call check(near10(x**2.5_10, 2.75567596063107536047194_10, 8d0), 'power of real(10)')
    call check(near10(gamma(x), 0.886226925452758013649083742_10, 16d0), 'gamma of real(10)')
    call check(near10(erf(x), 0.966105146475310727066976_10, 8d0), 'erf of real(10)')
    call check(near10(erfc_scaled(x), 0.321585416454317502354322_10, 32d0), 'erfc_scaled of real(10)')
    call check(near10(bessel_j0(x), 0.511827671735918128749051744_10, 8d0), 'bessel_j0 of real(10)')
    call check(near10(bessel_yn(n, x), -0.932193759762973905225508_10, 64d0), 'bessel_yn of real(10)')
    many = bessel_jn(0, 3, x)
    call check(near10(many(2), bessel_jn(n, x), 16d0), 'bessel_jn of real(10)')
    call check(near10(atan2(x, x), atan(1.0_10), 2d0) .and. near10(hypot(3*x, 4*x), 5*x, 2d0), 'atan2, hypot')
    call check(modulo(-x, 1.0_10) > 0.49 .and. nint(x*10**16_8, 8) == 15000000000000000_8, 'rounding of real(10)')
  end subroutine extended

  subroutine quadruple()
    real(16) :: x, many(0:3)
    integer :: n

    x = 1.5_16
    n = 2
    call check(near16(exp(x), 4.481689070338064822602055460119275819005749868369667056772650083_16, 4d0), 'expq')
    call check(near16(log(x), 0.405465108108164381978013115464349136571990423462494197614014324_16, 4d0), 'logq')
    call check(near16(sin(x), 0.997494986604054430941723371141487322706651425922115821949174_16, 4d0), 'sinq')
    call check(near16(gamma(x), sqrt(atan(1.0_16)), 8d0), 'tgammaq')
    call check(near16(erf(x) + erfc(x), 1.0_16, 4d0), 'erfq and erfcq')
    call check(near16(erfc_scaled(x), exp(x*x)*erfc(x), 64d0), 'erfc_scaled of real(16)')
    many = bessel_jn(0, 3, x)
    call check(near16(many(0), bessel_j0(x), 64d0) .and. near16(many(2), bessel_jn(n, x), 64d0), 'jnq')
    call check(near16(sqrt(x)**2, x, 4d0) .and. near16(x**x, exp(x*log(x)), 32d0), 'sqrtq and powq')
    call check(near16(tanh(atanh(x/2)), x/2, 32d0) .and. near16(hypot(3*x, 4*x), 5*x, 4d0), 'tanhq and hypotq')
    call check(near16(sind(20*x), 0.5_16, 8d0) .and. nint(-x) == -2 .and. floor(-x) == -2, 'sind, nint, floor')
    call check(near16(real(real(x, 8), 16), x, 0d0) .and. int(x*10, 16) == 15, 'conversions')
  end subroutine quadruple

  subroutine complex_double()
    complex(8) :: z, w

    z = (0.5d0, -1.25d0)
    w = exp(log(z))
    call check(abs(w - z) < 1d-15, 'exp and log')
    call check(abs(sqrt(z)**2 - z) < 1d-15 .and. real(sqrt(z)) > 0, 'sqrt')
    call check(abs(sin(z)**2 + cos(z)**2 - 1) < 1d-14, 'sin and cos')
    call check(abs(tan(atan(z)) - z) < 1d-14 .and. abs(sinh(asinh(z)) - z) < 1d-14, 'atan and asinh')
    call check(abs(cos(acos(z)) - z) < 1d-14 .and. abs(cosh(acosh(z)) - z) < 1d-14, 'acos and acosh')
    call check(abs(tanh(atanh(z)) - z) < 1d-14 .and. abs(sin(asin(z)) - z) < 1d-14, 'atanh and asin')
    call check(abs(z**2.5d0 - exp(2.5d0*log(z))) < 1d-14 .and. abs(z**3 - z*z*z) < 1d-14, 'powers')
    call check(abs(z/w - 1) < 1d-15 .and. abs(conjg(z)*z - abs(z)**2) < 1d-15, 'division, conjg')
    z = (1d300, 1d300)
    call check(abs(z/z - 1) < 1d-15, 'division of what is large')
  end subroutine complex_double

  subroutine complex_extended()
    complex(10) :: z
    real(10) :: eps

    eps = 64*epsilon(1.0_10)
    z = (0.5_10, -1.25_10)
    call check(abs(exp(log(z)) - z) < eps .and. abs(sqrt(z)**2 - z) < eps, 'exp, log, sqrt of complex(10)')
    call check(abs(sin(z)**2 + cos(z)**2 - 1) < eps .and. abs(tan(atan(z)) - z) < eps, 'sin, cos, atan')
    call check(abs(cosh(z)**2 - sinh(z)**2 - 1) < eps .and. abs(tanh(atanh(z)) - z) < eps, 'sinh, cosh, atanh')
    call check(abs(sinh(asinh(z)) - z) < eps .and. abs(cos(acos(z)) - z) < eps, 'asinh and acos')
    call check(abs(z**(2.5_10, 0.0_10) - exp(2.5_10*log(z))) < eps, 'powers of complex(10)')
    call check(near10(abs(z), 1.34629120178362600781267762_10, 4d0), 'abs of complex(10)')
    call check(near10(aimag(log(z)), -1.1902899496825317329_10, 4d0), 'argument of complex(10)')
  end subroutine complex_extended

  subroutine complex_quadruple()
    complex(16) :: z
    real(16) :: eps

    eps = 64*epsilon(1.0_16)
    z = (0.5_16, -1.25_16)
    call check(abs(exp(log(z)) - z) < eps .and. abs(sqrt(z)**2 - z) < eps, 'exp, log, sqrt of complex(16)')
    call check(abs(sin(z)**2 + cos(z)**2 - 1) < eps .and. abs(tan(atan(z)) - z) < eps, 'sin, cos, atan')
    call check(abs(z**(2.5_16, 0.0_16) - exp(2.5_16*log(z))) < eps, 'powers of complex(16)')
  end subroutine complex_quadruple

  include 'check.inc'
end program numbers
