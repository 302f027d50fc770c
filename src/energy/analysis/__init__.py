"""Many optima of one case: policies, studies, comparisons."""
