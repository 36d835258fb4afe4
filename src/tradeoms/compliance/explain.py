from tradeoms.compliance.question import Question
def expand(evidence, rules): return evidence
