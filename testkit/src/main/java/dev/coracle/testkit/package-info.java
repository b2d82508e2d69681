/**
 * A cluster for tests: {@link dev.coracle.testkit.TestCluster} runs the whole of Coracle in the
 * test's JVM.
 */
@NullMarked
package dev.coracle.testkit;

import org.jspecify.annotations.NullMarked;
