/** The kubelet's own metrics, under upstream's names. */
@NullMarked
package dev.coracle.kubelet.internal.metrics;

import org.jspecify.annotations.NullMarked;
