/** Options of the metrics component. */
@NullMarked
package dev.coracle.metrics.config;

import org.jspecify.annotations.NullMarked;
