"""Ordinary English words of films about charts: a capital does not make a name of them. Everything else that is written like a
name must be one of the data."""

from __future__ import annotations

_WORDS = """
a an the this that these those one two three four five six seven eight nine ten hundred thousand million billion dozen half zero
first second third fourth fifth last next another other others each every all any some none no not both either neither many much
more most few fewer less least several enough only just even still yet again also too very so such than then as at by for from
in into of off on onto out over under up down upon with within without about above across after against along among around
before behind below beneath beside between beyond during except inside like near outside past since through throughout till to
toward towards until via per versus vs and or but nor if unless because while when whenever where wherever whether though
although however therefore meanwhile otherwise instead besides moreover finally lately recently soon later earlier ever never
always often usually sometimes once twice here there everywhere elsewhere nowhere anywhere somewhere now today tonight yesterday
tomorrow overnight almost nearly barely hardly quite rather really truly perhaps maybe exactly roughly precisely together apart
alone ahead away back forward i you he she it we they me him her us them my your his its our their mine yours ours theirs myself
yourself itself themselves who whom whose which what why how someone anyone everyone nobody nothing something anything
everything be am is are was were been being do does did done have has had having can could may might must shall should will
would let lets get gets got go goes going went gone come comes came keep keeps kept make makes made take takes took taken give
gives gave given see sees saw seen look looks say says said tell tells told know knows known think thinks thought find finds
found show shows shown want wants need needs use uses used work works put puts set sets run runs ran read reads bring brings
brought hold holds held stand stands stood sit sits move moves turn turns start starts begin begins began begun stop stops end
ends leave leaves left stay stays follow follows watch watches play plays count counts add adds gain gains grow grows grew grown
rise rises rose risen climb climbs jump jumps surge surges soar soars leap leaps spike spikes explode explodes boom booms fall
falls fell fallen drop drops lose loses lost win wins won beat beats beaten lead leads led top tops reach reaches hit hits pass
passes cross crosses break breaks broke double doubles triple triples chart charts rank ranks share shares draw draws drew drawn
pull pulls push pushes collect collects earn earns attract attracts land lands arrive arrives enter enters open opens close
closes call calls ask asks answer answers meet meets join joins build builds built write writes wrote written speak speaks spoke
spoken hear hears heard learn learns measure measures compare compares explain explains reveal reveals matter matters mean means
meant seem seems become becomes became happen happens remain remains carry carries explore explores track tracks trend trends
stream streams subscribe comment comments welcome thanks thank please remember note notice consider imagine picture view viewer
video channel number figure data fact story clip film movie game gaming music song album trailer teaser series season episode
sport science comedy news people person fan player creator artist team crowd audience world country place region market niche
field topic subject title name list line bar graph curve growth mover leader follower front race pace speed rate ratio part
whole total sum average median middle center scale size record counter reading day night hour minute week weekend month year
time moment morning evening date january february march april june july august september october november december monday
tuesday wednesday thursday friday saturday sunday youtube internet web online chance odds model outlook forecast future limit
caution care word words sentence question reason cause effect proportion method source sample snapshot summary result point way
kind sort type side level step stage ground base peak bottom edge gap range spread width new old big small large great long
short high low fast slow quick early late young hot cold strong weak hard easy light heavy bright dark full empty good better
best bad worse worst right wrong true false real sure clear free same different similar common rare usual unusual typical
popular famous favorite viral fresh global local daily hourly weekly monthly single entire main major minor current recent
latest steady sudden sharp steep huge giant massive tiny rising climbing growing moving leading trending charting breaking
gaining winning biggest largest smallest fastest slowest highest lowest longest shortest newest oldest strongest watched viewed
counted named scored ranked listed measured charted explained compared tracked revealed worth ready quiet loud simple plain
brief deep wide narrow likely possible certain hello hi hey okay yes let's here's there's what's who's it's that's today's day's
tomorrow's we're you're they're i'm don't doesn't isn't aren't wasn't can't won't we've you've i've we'll you'll i'll fight
battle war peace life death love heart home house city town street school king queen hero legend master champion boss castle
tower farm cave moon sun star sky sea ocean river mountain island forest road journey adventure mystery secret magic dream power
energy fire water earth air ice snow storm wind rain gold silver money price deal gift party holiday summer winter spring family
friend kid baby boy girl man woman mother father brother sister dog cat animal food recipe kitchen car train plane ship phone
computer app tech review reaction guide tips tricks challenge experiment test trial tour travel trip vlog documentary interview
podcast live official final chapter event concert match cup league goal score draft fashion beauty style art design history
culture book magazine paper oh enormous
"""

ORDINARY = frozenset(_WORDS.split())

_ENDINGS = (
    ("'s", ""),
    ("s'", "s"),
    ("ies", "y"),
    ("es", ""),
    ("s", ""),
    ("ied", "y"),
    ("ed", ""),
    ("ed", "e"),
    ("ing", ""),
    ("ing", "e"),
    ("er", ""),
    ("er", "e"),
    ("est", ""),
    ("est", "e"),
    ("ly", ""),
    ("n't", ""),
)


def is_ordinary(word: str) -> bool:
    """Whether a word, in any form and case, is one of ours and so no name."""
    plain = word.lower().replace("’", "'").strip("'-")
    return plain in ORDINARY or any(
        plain.endswith(ending) and plain.removesuffix(ending) + stem in ORDINARY for ending, stem in _ENDINGS
    )
