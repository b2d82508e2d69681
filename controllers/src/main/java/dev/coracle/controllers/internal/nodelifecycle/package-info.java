/** Nodes that no longer answer: conditions, taints, eviction. */
@NullMarked
package dev.coracle.controllers.internal.nodelifecycle;

import org.jspecify.annotations.NullMarked;
