/** PodDisruptionBudgets: how many pods may be evicted now. */
@NullMarked
package dev.coracle.controllers.internal.disruption;

import org.jspecify.annotations.NullMarked;
