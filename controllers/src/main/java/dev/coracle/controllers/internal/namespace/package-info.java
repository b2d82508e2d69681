/** A namespace's end: its content goes first. */
@NullMarked
package dev.coracle.controllers.internal.namespace;

import org.jspecify.annotations.NullMarked;
