import signal, sys, collections, traceback, time
from hypothesis import given, settings, HealthCheck, seed, Phase

sys.path.insert(0, "tests/compile")
from random_charts import *
from test_random_charts import check, features
from fsm.compile import compile_chart
from fsm.errors import MachineError


def boom(*a):
    raise TimeoutError("slow")


signal.signal(signal.SIGALRM, boom)
N = int(sys.argv[2])
S = int(sys.argv[1])
C = collections.Counter()
R = collections.Counter()
traces = [0]
from hypothesis import strategies as st
import re, random


@seed(S)
@settings(
    max_examples=N,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate, Phase.shrink],
)
@given(plans(), st.lists(st.integers(0, 10**6), min_size=12, max_size=12), st.integers(0, 10**6))
def hunt(plan, picks, sd):
    signal.setitimer(signal.ITIMER_REAL, 5)
    try:
        cls = declare(plan)
        try:
            m = compile_chart(cls)
        except MachineError as e:
            assert "Drawn" in str(e)
            C["refused"] += 1
            C["refused", features(plan)] += 1
            R[
                re.sub(r"s\d+", "sN", str(e).split(": ", 1)[1])[:0]
                or re.sub(r"'[^']*'|s\d+[+s\d]*", "_", str(e))[:90]
            ] += 1
            return
        C["ok"] += 1
        C["ok", features(plan)] += 1
        C["states"] += len(m.states)
        rnd = random.Random(sd)
        tr = [[picks[i] for i in range(12)]] + [
            [rnd.randrange(10**6) for _ in range(12)] for _ in range(6)
        ]
        for p in tr:
            traces[0] += 1
            check(cls, m, p)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


t = time.time()
try:
    hunt()
finally:
    print(
        S,
        C["ok"],
        C["refused"],
        "share",
        C["ok"] / (C["ok"] + C["refused"]),
        "traces",
        traces[0],
        "states",
        C["states"],
        round(time.time() - t),
    )
    for k in ["flat", "nested", "parallel"]:
        for g in [True, False]:
            a = C["ok", (k, g)]
            b = C["refused", (k, g)]
            print(k, g, a, b, a / (a + b) if a + b else None)
    for k, v in R.most_common(14):
        print(v, k)
