/**
 * The vocabulary every other room speaks: objects as immutable trees ({@link
 * dev.coracle.api.KubeObject}), their names ({@link dev.coracle.api.GroupVersionKind}, {@link
 * dev.coracle.api.GroupVersionResource}), failures ({@link dev.coracle.api.Status}), changes
 * ({@link dev.coracle.api.WatchEvent}), selectors, quantities, and the life cycle of a component
 * ({@link dev.coracle.api.Component}). It depends on the JDK and the JSON library alone.
 */
@NullMarked
package dev.coracle.api;

import org.jspecify.annotations.NullMarked;
