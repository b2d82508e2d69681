/** What every request passes before its verb; {@code Filters} holds the order. */
@NullMarked
package dev.coracle.apiserver.internal.filter;

import org.jspecify.annotations.NullMarked;
