package dev.coracle.system.conformance;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * A suite of conformance tests on the shared cluster. Its tests take a {@link Space} and run beside
 * each other; those that change what all see are in classes of their own that are isolated.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag("conformance")
@ExtendWith(SharedCluster.class)
@Execution(ExecutionMode.CONCURRENT)
@Timeout(240)
@interface Conformance {}
