/** Tests of the metrics component. */
@NullMarked
package dev.coracle.metrics;

import org.jspecify.annotations.NullMarked;
