# Every target does its own set-up. uv is found, or put into .uv/; the lock file decides every version.
UV := ./scripts/uv
RUN := $(UV) run --locked --extra local --extra aws --extra queue --extra cdk

.PHONY: demo test soak spark lint bench help

help:
	@echo "make demo    a real model served, recorded, measured and watched, in a live page"
	@echo "make test    the tests, without the long ones"
	@echo "make soak    the long tests: kill loops, storms, many examples of each property"
	@echo "make spark   the queries on a real Spark; brings PySpark, needs Java"
	@echo "make lint    ruff, mypy, import-linter"
	@echo "make bench   the benchmarks, with their peers"

demo:
	@$(UV) run --locked --no-default-groups --extra local --group demo inferwatch demo $(ARGS)

test:
	$(RUN) pytest -n auto --dist loadgroup -m "not soak and not spark" $(ARGS)

soak:
	$(RUN) pytest -m soak --timeout 1800 $(ARGS)
	$(RUN) pytest -n auto --dist loadgroup -m "hypothesis and not spark" --hypothesis-profile soak --timeout 1800 $(ARGS)

spark:
	$(RUN) --extra spark pytest -m spark --timeout 600 $(ARGS)

lint:
	$(RUN) ruff check
	$(RUN) ruff format --check
	$(RUN) --group bench mypy
	$(RUN) lint-imports

bench:
	$(RUN) --group bench python benchmarks/hot_path.py $(ARGS)
	$(RUN) --group bench python benchmarks/cold_start.py $(ARGS)
	$(RUN) --group bench python benchmarks/queue_batch.py $(ARGS)
	$(RUN) --group bench python benchmarks/queue_rate.py $(ARGS)
	$(RUN) --group bench python benchmarks/query.py $(ARGS)
