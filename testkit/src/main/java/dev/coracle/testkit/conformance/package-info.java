/**
 * Which of Kubernetes' conformance tests this project has: {@link
 * dev.coracle.testkit.conformance.ConformanceReport} writes docs/conformance.md out of the tests'
 * own names.
 */
@NullMarked
package dev.coracle.testkit.conformance;

import org.jspecify.annotations.NullMarked;
