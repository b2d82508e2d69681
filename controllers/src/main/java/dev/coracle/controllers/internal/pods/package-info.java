/** Pods as workload controllers see them: their states, how they are made and counted. */
@NullMarked
package dev.coracle.controllers.internal.pods;

import org.jspecify.annotations.NullMarked;
