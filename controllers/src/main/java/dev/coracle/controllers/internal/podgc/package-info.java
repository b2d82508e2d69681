/** Pods that nobody else clears away. */
@NullMarked
package dev.coracle.controllers.internal.podgc;

import org.jspecify.annotations.NullMarked;
