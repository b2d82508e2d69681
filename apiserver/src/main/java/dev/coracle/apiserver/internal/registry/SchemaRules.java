package dev.coracle.apiserver.internal.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusCause;
import dev.coracle.api.patch.ResetFields;
import dev.coracle.api.patch.ServerSideApply;
import dev.coracle.api.patch.StrategicMergePatch;
import dev.coracle.api.schema.Decoder;
import dev.coracle.api.schema.Defaulter;
import dev.coracle.api.schema.ResourceDefinition;
import dev.coracle.api.schema.Zeros;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.apiserver.internal.crd.RuleMeters;
import dev.coracle.apiserver.internal.crd.ValidationRules;
import dev.coracle.apiserver.validation.Validator;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The rules that a definition's schema gives, the same way for built-in and custom resources. */
public final class SchemaRules implements ObjectRules {

  /** What is wrong with the shape of an object, so that rules in CEL can not be tried on it. */
  private static final Set<String> SHAPE =
      Set.of(
          StatusCause.NOT_SUPPORTED,
          StatusCause.REQUIRED,
          StatusCause.TOO_LONG,
          StatusCause.TOO_MANY,
          StatusCause.TYPE_INVALID);

  /** In upstream's words, the missing path and value included: clients look for them. */
  private static final StatusCause UNCHECKED =
      new StatusCause(
          StatusCause.INVALID,
          "Invalid value: null: some validation rules were not checked because the object was"
              + " invalid; correct the existing errors to complete validation",
          "<nil>");

  private final ResourceDefinition definition;
  private final KindStrategy strategy;
  private final RuleMeters meters;
  private volatile @Nullable ValidationRules validations;

  /**
   * @param strategy tells which fields a write leaves as they are
   */
  public SchemaRules(ResourceDefinition definition, KindStrategy strategy, RuleMeters meters) {
    this.definition = definition;
    this.strategy = strategy;
    this.meters = meters;
  }

  @Override
  public void setDefaults(ObjectNode object) {
    Defaulter.apply(definition, object);
  }

  @Override
  public void setZeroStatus(ObjectNode object) {
    Zeros.ofStatus(definition.schema(), object);
  }

  @Override
  public List<StatusCause> validate(
      ObjectNode now, @Nullable KubeObject before, String subresource, Consumer<String> warned) {
    List<StatusCause> causes =
        before == null
            ? Validator.validateCreate(definition, now)
            : Validator.validateUpdate(definition, before, now, subresource);
    if (before != null && definition.builtIn() && !causes.isEmpty()) {
      causes = Validator.validateUpdate(definition, inForm(before), now, subresource);
    }
    ObjectNode schema = definition.schema().constraints();
    if (definition.builtIn() || schema == null || !ValidationRules.in(schema)) {
      return causes;
    }
    FieldErrors errors = new FieldErrors();
    errors.causes().addAll(causes);
    if (causes.stream().anyMatch(c -> SHAPE.contains(c.type()))) {
      errors.causes().add(UNCHECKED);
    } else {
      expressions(now, before, errors, warned);
    }
    return errors.causes();
  }

  /**
   * An object that was stored before zeros were left out has them still (ADR 298), and a field that
   * may not change only seems to. Looked at where something is wrong, which is rare.
   */
  private KubeObject inForm(KubeObject stored) {
    return KubeObject.of(Decoder.decode(stored.tree(), definition.schema()).tree());
  }

  /** The rules in CEL; they count on values of the schema's types that are not too many. */
  private void expressions(
      ObjectNode now, @Nullable KubeObject before, FieldErrors errors, Consumer<String> warned) {
    FieldErrors wrong = new FieldErrors();
    ValidationRules rules = validations;
    if (rules == null) {
      long since = System.nanoTime();
      rules = ValidationRules.compile(definition.schema(), FieldPath.ROOT, wrong);
      meters.compilation().record(System.nanoTime() - since, TimeUnit.NANOSECONDS);
      if (wrong.isEmpty()) {
        validations = rules;
      }
      errors.causes().addAll(wrong.causes());
    }
    long since = System.nanoTime();
    rules.check(now, before == null ? null : before.tree(), errors, warned);
    meters.evaluation().record(System.nanoTime() - since, TimeUnit.NANOSECONDS);
  }

  @Override
  public Set<String> selectableFields() {
    return new LinkedHashSet<>(definition.selectableFields());
  }

  @Override
  public ObjectNode strategicMerge(ObjectNode current, ObjectNode patch) {
    return StrategicMergePatch.apply(current, patch, definition.schema());
  }

  @Override
  public ObjectNode apply(
      @Nullable KubeObject current,
      ObjectNode configuration,
      String manager,
      boolean force,
      String subresource,
      Instant now) {
    ObjectNode applied =
        ServerSideApply.apply(
            definition.schema(),
            current == null ? null : current.tree(),
            configuration,
            writer(manager, subresource, now),
            force);
    return Decoder.decode(applied, definition.schema()).tree();
  }

  @Override
  public void recordManager(
      @Nullable KubeObject before,
      ObjectNode now,
      String manager,
      String subresource,
      Instant time) {
    JsonNode record =
        ServerSideApply.record(
            definition.schema(),
            before == null ? null : before.tree(),
            now,
            writer(manager, subresource, time));
    if (now.path("metadata") instanceof ObjectNode metadata) {
      if (record.isEmpty()) {
        metadata.remove("managedFields");
      } else {
        metadata.set("managedFields", record);
      }
    }
  }

  private ServerSideApply.Writer writer(String manager, String subresource, Instant time) {
    return new ServerSideApply.Writer(
        manager,
        definition.kind().apiVersion(),
        subresource,
        definition.hasStatus() ? strategy.resetFields(subresource) : ResetFields.NONE,
        time);
  }
}
