"""The demo's rules, as the file that `tradeoms load rules` reads. Limits are of our own making."""

from __future__ import annotations

from typing import Final

#: Industries that the ETHICAL fund does not buy, in the words of the data set.
EXCLUDED_INDUSTRIES: Final = (
    "Tobacco", "Brewers", "Distillers & Vintners", "Casinos & Gaming", "Aerospace & Defense",
)  # fmt: skip
#: And companies whose industry does not tell: defence electronics, slot machines.
EXCLUDED_TICKERS: Final = ("COL", "LLL", "IGT")

RULES: Final = """\
- id: firm.order.hard
  title: Largest order
  text: No order above 25 million dollars, a quarter of a day's volume, or 10 % through the market.
  kind: order
  severity: hard
  when: pre
  max_value: "25000000"
  currency: USD
  max_adv: "0.25"
  collar: "0.10"
  collar_side: aggressive
  cases:
  - id: one share above 25 million
    mode: pre
    funds: {F: {base: USD, nav: "1000000000"}}
    securities: {A: {ccy: USD, price: "25", adv: "8000000"}}
    positions: []
    orders: [{id: o, fund: F, sec: A, side: buy, qty: "1000001"}]
    expect: {outcome: BREACH, action: BLOCK_HARD, max_qty: {o: 1000000}}

- id: firm.order.soft
  title: Unusually large order
  text: Above 5 million dollars or a tenth of a day's volume somebody looks at it again.
  kind: order
  severity: soft
  when: pre
  max_value: "5000000"
  currency: USD
  max_adv: "0.10"
  cases:
  - id: one share above 5 million
    mode: pre
    funds: {F: {base: USD, nav: "1000000000"}}
    securities: {A: {ccy: USD, price: "25", adv: "8000000"}}
    positions: []
    orders: [{id: o, fund: F, sec: A, side: buy, qty: "200001"}]
    expect: {outcome: BREACH, action: BLOCK_SOFT, max_qty: {o: 200000}}

- id: firm.order.repeated
  title: The same order within ten seconds
  kind: order
  severity: soft
  when: pre
  duplicate_seconds: 10
  cases:
  - id: again after five seconds
    mode: pre
    funds: {F: {base: USD, nav: "1000"}}
    securities: {A: {ccy: USD, price: "10"}}
    positions: []
    recent: [{fund: F, sec: A, side: buy, qty: "10", t: "0"}]
    orders: [{id: o, fund: F, sec: A, side: buy, qty: "10", t: "5"}]
    expect: {outcome: BREACH, action: BLOCK_SOFT}

- id: firm.cash
  title: No overdraft
  text: Cash stays above zero when all open orders have settled at their worst, with fees of 5 bps.
  kind: cash
  severity: hard
  when: both
  min: "0"
  fee: "0.0005"
  cases:
  - id: the fee is paid too
    mode: pre
    funds: {F: {base: USD, nav: "1000", cash: "1000"}}
    securities: {A: {ccy: USD, price: "10"}}
    positions: []
    orders: [{id: o, fund: F, sec: A, side: buy, qty: "100"}]
    expect: {outcome: BREACH, max_qty: {o: 99}}

- id: long_only.short
  title: Long-only funds do not sell short
  kind: short
  severity: hard
  when: both
  scope: {fund_groups: [LONG_ONLY]}
  mode: no_short
  cases:
  - id: one more than is held
    mode: pre
    funds: {F: {base: USD, nav: "1000", groups: [LONG_ONLY]}}
    securities: {A: {ccy: USD, price: "10"}}
    positions: [[F, A, "100"]]
    orders: [{id: o, fund: F, sec: A, side: sell, qty: "101"}]
    expect: {outcome: BREACH, max_qty: {o: 100}}

- id: longshort.locate
  title: Short sales need a locate
  text: A short position is at most what the prime broker has located.
  kind: short
  severity: hard
  when: pre
  scope: {funds: [LONGSHORT]}
  mode: locate
  cases:
  - id: one more than is located
    mode: pre
    funds: {LONGSHORT: {base: USD, nav: "1000"}}
    securities: {A: {ccy: USD, price: "10", located: "100"}}
    positions: []
    orders: [{id: o, fund: LONGSHORT, sec: A, side: sell_short, qty: "101"}]
    expect: {outcome: BREACH, max_qty: {o: 100}}

- id: longshort.net
  title: At least 44.5 % net long
  text: Found passively short of it on the evening of the flash crash, and cured by the recovery.
  kind: ratio
  severity: soft
  when: post
  scope: {funds: [LONGSHORT]}
  measure: mv
  den: nav
  min: "0.445"
  cure: {kind: business_days, n: 10}
  cases:
  - id: 44 of 100 is too little
    mode: post
    funds: {LONGSHORT: {base: USD, nav: "1000"}}
    securities: {A: {ccy: USD, price: "10"}}
    positions: [[LONGSHORT, A, "44"]]
    expect: {outcome: BREACH}
  - {id: fits the fund, mode: fit, fund: LONGSHORT, expect: {outcome: PASS}}

- id: growth.issuer
  title: At most 10 % in one issuer
  cure: {kind: business_days, n: 5}
  kind: ratio
  severity: soft
  when: both
  scope: {funds: [GROWTH]}
  group_by: issuer
  measure: mv
  den: nav
  max: "0.10"
  warn: "0.09"
  cases:
  - id: eleven per cent of an issuer
    mode: pre
    funds: {GROWTH: {base: USD, nav: "1000"}}
    securities: {A: {ccy: USD, price: "10", issuer: I}}
    positions: []
    orders: [{id: o, fund: GROWTH, sec: A, side: buy, qty: "11"}]
    expect: {outcome: BREACH, max_qty: {o: 10}}
  - {id: fits the fund, mode: fit, fund: GROWTH, expect: {outcome: PASS}}

- id: funds.sector
  title: At most 40 % in one sector
  text: GROWTH may hold 70 % in one sector.
  kind: ratio
  severity: hard
  when: both
  scope: {funds: [GROWTH, ETHICAL]}
  group_by: sector
  measure: mv
  den: nav
  max: "0.40"
  overrides: {GROWTH: {max: "0.70"}}
  cases:
  - id: 41 per cent of a sector
    mode: pre
    funds: {ETHICAL: {base: USD, nav: "1000"}}
    securities: {A: {ccy: USD, price: "10", sector: S}}
    positions: []
    orders: [{id: o, fund: ETHICAL, sec: A, side: buy, qty: "41"}]
    expect: {outcome: BREACH, max_qty: {o: 40}}
  - id: 70 per cent are GROWTH's own limit
    mode: pre
    funds: {GROWTH: {base: USD, nav: "1000"}}
    securities: {A: {ccy: USD, price: "10", sector: S}}
    positions: []
    orders: [{id: o, fund: GROWTH, sec: A, side: buy, qty: "71"}]
    expect: {outcome: BREACH, max_qty: {o: 70}}
  - {id: fits the fund, mode: fit, fund: ETHICAL, expect: {outcome: PASS}}

- id: income.mandate
  title: At least 80 % in utilities, telecommunications and staples
  kind: ratio
  severity: soft
  when: both
  scope: {funds: [INCOME]}
  select: [[sector, in, [Utilities, Telecommunications Services, Consumer Staples]]]
  measure: mv
  den: nav
  min: "0.80"
  cases:
  - id: one share less than 80 per cent
    mode: pre
    funds: {INCOME: {base: USD, nav: "1000"}}
    securities: {A: {ccy: USD, price: "10", sector: Utilities}}
    positions: [[INCOME, A, "81"]]
    orders: [{id: o, fund: INCOME, sec: A, side: sell, qty: "2"}]
    expect: {outcome: BREACH, max_qty: {o: 1}}
  - {id: fits the fund, mode: fit, fund: INCOME, expect: {outcome: PASS}}

- id: ethical.industries
  title: No tobacco, alcohol, gambling or defence
  kind: restrict
  severity: hard
  when: both
  scope: {funds: [ETHICAL]}
  sides: [buy]
  select: [[industry, in, [INDUSTRIES]]]
  cases:
  - id: tobacco is not bought
    mode: pre
    funds: {ETHICAL: {base: USD, nav: "1000"}}
    securities: {A: {ccy: USD, price: "10", industry: Tobacco}}
    positions: []
    orders: [{id: o, fund: ETHICAL, sec: A, side: buy, qty: "1"}]
    expect: {outcome: BREACH, max_qty: {o: 0}}
  - {id: fits the fund, mode: fit, fund: ETHICAL, expect: {outcome: PASS}}

- id: ethical.names
  title: Companies excluded by name
  text: Defence electronics and slot machines whose industry does not tell.
  kind: restrict
  severity: hard
  when: both
  scope: {funds: [ETHICAL]}
  sides: [buy]
  list: [TICKERS]
  cases:
  - {id: fits the fund, mode: fit, fund: ETHICAL, expect: {outcome: PASS}}
"""
