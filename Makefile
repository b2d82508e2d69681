# The everyday commands; each is one line, so reading is enough.
.PHONY: build verify fix test it fuzz bench run conformance

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

# Coverage-guided, one target after the other, each in a JVM of its own; FUZZ=YamlFuzz for one.
fuzz:
	./benchmarks/fuzz $(FUZZ)

bench:
	./benchmarks/run

run:
	./coracle up

conformance:
	$$(./coracle --jdk)/bin/java testkit/src/main/java/dev/coracle/testkit/conformance/ConformanceReport.java
