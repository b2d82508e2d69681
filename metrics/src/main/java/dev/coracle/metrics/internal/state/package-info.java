/** State metrics: which series the objects of a kind give. */
@NullMarked
package dev.coracle.metrics.internal.state;

import org.jspecify.annotations.NullMarked;
