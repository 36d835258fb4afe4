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

- id: firm.order.soft
  title: Unusually large order
  text: Above 5 million dollars or a tenth of a day's volume somebody looks at it again.
  kind: order
  severity: soft
  when: pre
  max_value: "5000000"
  currency: USD
  max_adv: "0.10"

- id: firm.order.repeated
  title: The same order within ten seconds
  kind: order
  severity: soft
  when: pre
  duplicate_seconds: 10

- id: firm.cash
  title: No overdraft
  text: Cash stays above zero when all open orders have settled at their worst, with fees of 5 bps.
  kind: cash
  severity: hard
  when: both
  min: "0"
  fee: "0.0005"

- id: long_only.short
  title: Long-only funds do not sell short
  kind: short
  severity: hard
  when: both
  scope: {fund_groups: [LONG_ONLY]}
  mode: no_short

- id: longshort.locate
  title: Short sales need a locate
  text: A short position is at most what the prime broker has located.
  kind: short
  severity: hard
  when: pre
  scope: {funds: [LONGSHORT]}
  mode: locate

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

- id: ethical.industries
  title: No tobacco, alcohol, gambling or defence
  kind: restrict
  severity: hard
  when: both
  scope: {funds: [ETHICAL]}
  sides: [buy]
  select: [[industry, in, [INDUSTRIES]]]

- id: ethical.names
  title: Companies excluded by name
  text: Defence electronics and slot machines whose industry does not tell.
  kind: restrict
  severity: hard
  when: both
  scope: {funds: [ETHICAL]}
  sides: [buy]
  list: [TICKERS]
"""
