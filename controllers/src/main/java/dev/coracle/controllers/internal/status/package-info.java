/** Conditions and other parts of a status. */
@NullMarked
package dev.coracle.controllers.internal.status;

import org.jspecify.annotations.NullMarked;
