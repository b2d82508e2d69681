/**
 * The four ways to change an object by a patch, as pure functions on trees: what goes in is never
 * changed and what comes out belongs to the caller. {@link dev.coracle.api.patch.JsonPatch} and
 * {@link dev.coracle.api.patch.MergePatch} know nothing of schemas; {@link
 * dev.coracle.api.patch.StrategicMergePatch} merges lists by the keys of a {@link
 * dev.coracle.api.schema.SchemaType}; {@link dev.coracle.api.patch.ServerSideApply} also keeps the
 * record of who owns which field ({@code metadata.managedFields}), for every kind of write.
 */
@NullMarked
package dev.coracle.api.patch;

import org.jspecify.annotations.NullMarked;
