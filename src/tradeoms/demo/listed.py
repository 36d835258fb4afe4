"""What the price data lack: the companies that left the index before 2013, and who was on Nasdaq.

The names, sectors and industries here are our own, in the words of the data set. The market of
each security is our own knowledge of where it was listed in May 2010, not the data's: XNAS for the
tickers below, XNYS for all others.
"""

from __future__ import annotations

from typing import Final

from tradeoms.demo.days import Listing

NASDAQ: Final = frozenset(
    """
    AAPL ADBE ADP ADSK AKAM ALTR AMAT AMGN AMZN APOL BBBY BIIB BMC BRCM CA CELG CEPH CERN CHRW CIEN
    CINF CMCSA CME COST CPWR CSCO CTAS CTSH CTXS DELL DISCA DTV EBAY ERTS ESRX ETFC ETFCD EXPD EXPE
    FAST FISV FITB FLIR FSLR GENZ GILD GOOG HBAN HCBK INTC INTU ISRG JAVA JDSU JNPR KLAC LIFE LLTC
    MCHP MOLX MSFT MU MYL NDAQ NOVL NTAP NTRS NVDA NVLS NWSA ORCL ORLY PAYX PBCT PCAR PCLN PDCO
    QCOM QLGC ROST SBUX SHLD SIAL SNDK SPLS SRCL SYMC TLAB TROW URBN VRSN WFMI WIN WYNN XLNX XRAY
    YHOO ZION
    """.split()  # noqa: SIM905 - a table of words is read more easily than a list of strings
)

#: Sector, industry, then tickers with names.
_DEPARTED: Final = """
Consumer Discretionary | Apparel, Accessories & Luxury Goods | FO Fortune Brands
Consumer Discretionary | Broadcasting & Cable TV | VIA.B Viacom B; VIA Viacom
Consumer Discretionary | Computer & Electronics Retail | RSH RadioShack
Consumer Discretionary | Department Stores | SHLD Sears Holdings
Consumer Discretionary | Diversified Commercial Services | APOL Apollo Group; DV DeVry
Consumer Discretionary | General Merchandise Stores | BIG Big Lots
Consumer Discretionary | Homebuilding | KBH KB Home
Consumer Discretionary | Household Appliances | BDK Black & Decker
Consumer Discretionary | Leisure Products | EK Eastman Kodak
Consumer Discretionary | Publishing | MDP Meredith; MHP McGraw-Hill; NYT New York Times
Consumer Discretionary | Specialty Stores | ODP Office Depot
Consumer Staples | Food Retail | SVU Supervalu; WFMI Whole Foods Market
Consumer Staples | Packaged Foods & Meats | DF Dean Foods; HNZ H.J. Heinz; KFT Kraft Foods
Consumer Staples | Packaged Foods & Meats | SLE Sara Lee
Consumer Staples | Soft Drinks | PBG Pepsi Bottling Group
Energy | Integrated Oil & Gas | SUN Sunoco
Energy | Oil & Gas Equipment & Services | BJS BJ Services; SII Smith International
Energy | Oil & Gas Exploration & Production | MEE Massey Energy; XTO XTO Energy
Energy | Oil & Gas Refining & Marketing & Transportation | EP El Paso
Financials | Banks | FHN First Horizon National; MI Marshall & Ilsley
Financials | Diversified Financial Services | ETFCD E-Trade (new); FII Federated Investors
Financials | Diversified Financial Services | JNS Janus Capital
Financials | Insurance Brokers | AOC Aon
Financials | Property & Casualty Insurance | MBI MBIA
Health Care | Biotechnology | CEPH Cephalon; GENZ Genzyme
Health Care | Health Care Distributors & Services | MHS Medco Health Solutions; RX IMS Health
Health Care | Health Care Equipment & Services | MIL Millipore
Health Care | Managed Health Care | CVH Coventry Health Care
Health Care | Pharmaceuticals | KG King Pharmaceuticals; SGP Schering-Plough
Health Care | Pharmaceuticals | WPI Watson Pharmaceuticals; WYE Wyeth
Industrials | Aerospace & Defense | GR Goodrich; ITT ITT
Industrials | Construction & Farm Machinery & Heavy Trucks | MTW Manitowoc
Industrials | Diversified Commercial Services | MWW Monster Worldwide; RRD R.R. Donnelley
Industrials | Electrical Components & Equipment | CBE Cooper Industries
Industrials | Railroads | BNI Burlington Northern Santa Fe
Information Technology | Application Software | BMC BMC Software; CPWR Compuware
Information Technology | Application Software | ERTS Electronic Arts; NOVL Novell
Information Technology | Computer Hardware | JAVA Sun Microsystems
Information Technology | Computer Storage & Peripherals | LXK Lexmark; QLGC QLogic
Information Technology | IT Consulting & Services | ACS Affiliated Computer; CVG Convergys; SAI SAIC
Information Technology | Semiconductor Equipment | NVLS Novellus Systems
Information Technology | Semiconductor Equipment | WFR MEMC Electronic Materials
Information Technology | Semiconductors | AMD Advanced Micro Devices; NSM National Semiconductor
Information Technology | Systems Software | MFE McAfee
Information Technology | Telecommunications Equipment | CIEN Ciena; MOT Motorola; TLAB Tellabs
Materials | Diversified Metals & Mining | TIE Titanium Metals
Materials | Metal & Glass Containers | PTV Pactiv
Materials | Steel | AKS AK Steel
Telecommunications Services | Integrated Telecommunications Services | PCS MetroPCS; Q Qwest
Telecommunications Services | Integrated Telecommunications Services | S Sprint Nextel
Utilities | Electric Utilities | AYE Allegheny Energy; PGN Progress Energy
Utilities | Gas Utilities | STR Questar
Utilities | Multi-Utilities & Unregulated Power | CEG Constellation Energy; DYN Dynegy
Utilities | Multi-Utilities & Unregulated Power | FPL FPL Group
"""


def market_of(ticker: str) -> str:
    """The MIC on which ``ticker`` was listed in May 2010."""
    return "XNAS" if ticker in NASDAQ else "XNYS"


def departed() -> dict[str, Listing]:
    """The companies that the data set has prices of, but no names."""
    found = {}
    for line in _DEPARTED.strip().splitlines():
        sector, industry, names = (part.strip() for part in line.split("|"))
        for entry in names.split(";"):
            ticker, name = entry.strip().split(" ", 1)
            found[ticker] = Listing(ticker=ticker, name=name, sector=sector, industry=industry)
    return found
