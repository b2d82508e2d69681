/** Jobs: pods that run to their end, and the clearing away of finished ones. */
@NullMarked
package dev.coracle.controllers.internal.job;

import org.jspecify.annotations.NullMarked;
