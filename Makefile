# The everyday commands; each is one line, so reading is enough.
.PHONY: build verify fix test it bench run conformance

build:
	mvn -B -Dquick -DskipTests package

verify:
	mvn -B verify

fix:
	JAVA_HOME=$$(./coracle --jdk) mvn -B -q spotless:apply

test:
	mvn -B -DskipITs verify

it:
	mvn -B verify -pl system-tests -am -Dsurefire.skip=true

bench:
	./benchmarks/run

run:
	./coracle up

conformance:
	$$(./coracle --jdk)/bin/java testkit/src/main/java/dev/coracle/testkit/conformance/ConformanceReport.java
