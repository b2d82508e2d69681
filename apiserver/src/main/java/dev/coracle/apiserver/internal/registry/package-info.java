/** Which resources there are, and what is special about each kind when it is written. */
@NullMarked
package dev.coracle.apiserver.internal.registry;

import org.jspecify.annotations.NullMarked;
