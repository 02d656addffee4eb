! The modules ieee_arithmetic, ieee_exceptions and ieee_features.
program ieee
  use, intrinsic :: ieee_arithmetic
  use, intrinsic :: ieee_exceptions
  use, intrinsic :: ieee_features
  implicit none
  integer :: check_count = 0, check_failures = 0

  call classes()
  call functions()
  call rounding()
  call flags()
  call halting()
  call underflow()
  call check_finish()

contains

  subroutine classes()
    real(8) :: x
    real(16) :: q

    call check(ieee_support_datatype(x) .and. ieee_support_nan(x) .and. ieee_support_inf(x), 'support')
    call check(ieee_support_rounding(ieee_up) .and. ieee_support_halting(ieee_overflow), 'support of modes')
    x = ieee_value(x, ieee_quiet_nan)
    call check(ieee_is_nan(x) .and. ieee_class(x) == ieee_quiet_nan, 'a NaN')
    x = ieee_value(x, ieee_positive_inf)
    call check(.not. ieee_is_finite(x) .and. ieee_class(x) == ieee_positive_inf, 'infinity')
    x = ieee_value(x, ieee_negative_denormal)
    call check(.not. ieee_is_normal(x) .and. ieee_is_negative(x), 'a denormal')
    x = -0.0d0
    call check(ieee_class(x) == ieee_negative_zero, 'negative zero')
    q = ieee_value(q, ieee_negative_inf)
    call check(ieee_class(q) == ieee_negative_inf, 'infinity of real(16)')
    call check(ieee_selected_real_kind(15, 307) == 8 .and. ieee_selected_real_kind(30) == 16, 'kinds')
  end subroutine classes

  subroutine functions()
    real(8) :: x
    real(10) :: y

    x = 10
    y = 10
    call check(abs(ieee_copy_sign(x, -1d0) + 10) < 1d-15, 'copy_sign')
    call check(nint(ieee_logb(x)) == 3 .and. nint(ieee_logb(y)) == 3, 'logb')
    call check(ieee_next_after(x, 11d0) > x .and. ieee_next_after(x, 9d0) < x, 'next_after')
    call check(nint(ieee_rem(x, 4d0)) == 2 .and. nint(ieee_rem(11d0, 4d0)) == -1, 'rem')
    call check(nint(ieee_rint(2.5d0)) == 2 .and. nint(ieee_scalb(x, 2)) == 40, 'rint and scalb')
    call check(ieee_unordered(x, ieee_value(x, ieee_quiet_nan)) .and. .not. ieee_unordered(x, x), 'unordered')
    call check(ieee_support_standard(x) .and. ieee_support_sqrt(y), 'standard')
  end subroutine functions

  ! Of real(8), in SSE registers, and of real(10), in x87's.
  subroutine rounding()
    type(ieee_round_type) :: mode, before
    real(8), volatile :: x, up, down
    real(10), volatile :: y, y_up, y_down

    x = 3
    y = 3
    call ieee_get_rounding_mode(before)
    call check(before == ieee_nearest, 'to nearest at first')
    call ieee_set_rounding_mode(ieee_up)
    up = 1/x
    y_up = 1/y
    call ieee_get_rounding_mode(mode)
    call ieee_set_rounding_mode(ieee_down)
    down = 1/x
    y_down = 1/y
    call check(nint(ieee_rint(2.5d0)) == 2, 'rint down')
    call ieee_set_rounding_mode(before)
    call check(mode == ieee_up .and. up > down .and. y_up > y_down, 'up and down')
    call check(up - down < 1d-15 .and. y_up - y_down < 1e-18_10, 'one unit in the last place')
  end subroutine rounding

  subroutine flags()
    real(8), volatile :: x, y
    logical :: raised(5), one
    type(ieee_status_type) :: status

    call ieee_set_flag(ieee_all, .false.)
    call ieee_get_flag(ieee_all, raised)
    call check(.not. any(raised), 'none at first')
    x = 0
    y = 1/x
    call ieee_get_flag(ieee_divide_by_zero, one)
    call check(one .and. y > huge(y), 'division by zero')
    y = x/x
    call ieee_get_flag(ieee_invalid, one)
    call check(one, 'invalid')
    x = huge(x)
    y = x*2
    call ieee_get_flag(ieee_overflow, one)
    call check(one, 'overflow')
    x = tiny(x)
    y = x/3
    call ieee_get_flag(ieee_underflow, one)
    call check(one, 'underflow')
    call ieee_get_status(status)
    call ieee_set_flag(ieee_all, .false.)
    call ieee_set_status(status)
    call ieee_get_flag(ieee_usual, raised(1:3))
    call check(all(raised(1:3)), 'status, there and back')
    call ieee_set_flag(ieee_all, .false.)
  end subroutine flags

  subroutine halting()
    logical :: halts
    real(8), volatile :: x, y

    call ieee_get_halting_mode(ieee_divide_by_zero, halts)
    call check(.not. halts, 'no halting at first')
    call ieee_set_halting_mode(ieee_divide_by_zero, .true.)
    call ieee_get_halting_mode(ieee_divide_by_zero, halts)
    call check(halts, 'halting')
    call ieee_set_halting_mode(ieee_divide_by_zero, .false.)
    x = 0
    y = 1/x
    call check(y > huge(y), 'no halting again')
    call ieee_set_flag(ieee_all, .false.)
  end subroutine halting

  subroutine underflow()
    logical :: gradual
    real(8), volatile :: x, y

    x = tiny(x)
    call check(ieee_support_underflow_control(1d0), 'control of underflow')
    call ieee_set_underflow_mode(.false.)
    call ieee_get_underflow_mode(gradual)
    y = x/4
    call ieee_set_underflow_mode(.true.)
    call check(.not. gradual .and. y <= 0, 'abrupt underflow')
    y = x/4
    call check(y > 0, 'gradual underflow')
    call ieee_set_flag(ieee_all, .false.)
  end subroutine underflow

  include 'check.inc'
end program ieee
