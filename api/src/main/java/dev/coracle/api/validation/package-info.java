/**
 * What is allowed in a field, told in Kubernetes' words: {@link
 * dev.coracle.api.validation.FieldErrors} collects the causes of an {@code Invalid} answer, {@link
 * dev.coracle.api.validation.NameRules} knows the forms of names and label keys, and {@link
 * dev.coracle.api.validation.SchemaValidator} checks custom resources against their OpenAPI schema.
 */
@NullMarked
package dev.coracle.api.validation;

import org.jspecify.annotations.NullMarked;
