/** Usage: samples read from kubelets and what becomes of two of them. */
@NullMarked
package dev.coracle.metrics.internal.usage;

import org.jspecify.annotations.NullMarked;
