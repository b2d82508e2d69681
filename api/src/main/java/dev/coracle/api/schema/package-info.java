/**
 * What the API knows about its kinds: one schema table drives decoding, pruning, defaulting,
 * patches and documents, for built-in kinds and custom resources alike. {@link
 * dev.coracle.api.schema.Scheme} finds a {@link dev.coracle.api.schema.ResourceDefinition}, whose
 * {@link dev.coracle.api.schema.SchemaType} says how its objects look; {@link
 * dev.coracle.api.schema.Decoder} and {@link dev.coracle.api.schema.Defaulter} bring a document
 * into that shape. The table of the built-in kinds is a resource of this package, generated from
 * Kubernetes' OpenAPI document by {@code src/tools/java/SchemaTableGenerator.java}.
 */
@NullMarked
package dev.coracle.api.schema;

import org.jspecify.annotations.NullMarked;
