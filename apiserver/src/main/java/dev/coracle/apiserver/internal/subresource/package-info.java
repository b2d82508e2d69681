/**
 * The subresources that are not just a view of their object: scale, binding, eviction, token,
 * approval.
 */
@NullMarked
package dev.coracle.apiserver.internal.subresource;

import org.jspecify.annotations.NullMarked;
