package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.util.Locale;
import java.util.regex.Pattern;

/** The names of drivers, pools, devices, and of what devices have. */
final class DeviceNames {

  static final int LONGEST_DRIVER = 63;
  static final int LONGEST_ID = 32;

  /** A domain, a slash and an identifier. */
  static final int LONGEST_QUALIFIED = LONGEST_DRIVER + 1 + LONGEST_ID;

  private static final int LONGEST_POOL = 253;
  private static final int UUID_LENGTH = 36;
  private static final Pattern UUID =
      Pattern.compile(
          "(urn:uuid:)?\\{?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}}?|[0-9a-f]{32}",
          Pattern.CASE_INSENSITIVE);

  private DeviceNames() {}

  /** One of a device, told apart from its other shares. */
  record Id(String driver, String pool, String device, String share) {

    static Id of(JsonNode node) {
      return new Id(
          Nodes.text(node, "driver"),
          Nodes.text(node, "pool"),
          Nodes.text(node, "device"),
          Nodes.text(node, "shareID"));
    }

    @Override
    public String toString() {
      return driver + "/" + pool + "/" + device + (share.isEmpty() ? "" : "/" + share);
    }
  }

  static void driver(String name, FieldPath path, String child, FieldErrors errors) {
    if (name.isEmpty()) {
      errors.required(path, child);
      return;
    }
    if (name.length() > LONGEST_DRIVER) {
      errors.tooLong(path, child, LONGEST_DRIVER);
    }
    errors.invalid(path, child, name, NameRules.dnsSubdomain(name.toLowerCase(Locale.ROOT)));
  }

  static void pool(String name, FieldPath path, String child, FieldErrors errors) {
    if (name.isEmpty()) {
      errors.required(path, child);
      return;
    }
    if (name.length() > LONGEST_POOL) {
      errors.tooLong(path, child, LONGEST_POOL);
    }
    for (String part : name.split("/", -1)) {
      errors.invalid(path, child, part, NameRules.dnsSubdomain(part));
    }
  }

  /** The name of a device, a request or a counter. */
  static void label(String name, FieldPath path, String child, FieldErrors errors) {
    errors.invalid(path, child, name, NameRules.dnsLabel(name));
  }

  static void deviceClass(String name, FieldPath path, String child, FieldErrors errors) {
    if (name.isEmpty()) {
      errors.required(path, child);
    } else {
      errors.invalid(path, child, name, NameRules.dnsSubdomain(name));
    }
  }

  static void node(String name, FieldPath path, String child, FieldErrors errors) {
    errors.invalid(path, child, name, NameRules.dnsSubdomain(name));
  }

  /** Driver, pool and device, as a status has them. */
  static void id(JsonNode device, FieldPath at, FieldErrors errors) {
    driver(Nodes.text(device, "driver"), at, "driver", errors);
    pool(Nodes.text(device, "pool"), at, "pool", errors);
    label(Nodes.text(device, "device"), at, "device", errors);
    if (Nodes.set(device, "shareID")) {
      uid(Nodes.text(device, "shareID"), at, "shareID", errors);
    }
  }

  /** Of an attribute or a capacity: an identifier, with a domain in front or without. */
  static void qualified(String name, FieldPath path, String child, FieldErrors errors) {
    int slash = name.indexOf('/');
    if (slash < 0) {
      identifier(name, path, child, errors);
      return;
    }
    if (name.indexOf('/', slash + 1) >= 0) {
      errors.invalid(path, child, name, "must not contain more than one slash");
      return;
    }
    if (slash == 0) {
      errors.invalid(path, child, "", "the domain must not be empty");
    } else {
      driver(name.substring(0, slash), path, child, errors);
    }
    if (slash == name.length() - 1) {
      errors.invalid(path, child, "", "the name must not be empty");
    } else {
      identifier(name.substring(slash + 1), path, child, errors);
    }
  }

  static void fullyQualified(String name, FieldPath path, String child, FieldErrors errors) {
    qualified(name, path, child, errors);
    if (name.indexOf('/') < 0) {
      errors.invalid(
          path,
          child,
          name,
          "a fully qualified name must be a domain and a name separated by a slash");
    }
  }

  private static void identifier(String id, FieldPath path, String child, FieldErrors errors) {
    if (id.length() > LONGEST_ID) {
      errors.tooLong(path, child, LONGEST_ID);
    }
    errors.invalid(path, child, id, NameRules.cIdentifier(id));
  }

  static void uid(String uid, FieldPath path, String child, FieldErrors errors) {
    if (!UUID.matcher(uid).matches()) {
      String why =
          switch (uid.length()) {
            case 32, UUID_LENGTH, 38, 45 -> "invalid UUID format";
            default -> "invalid UUID length: " + uid.length();
          };
      errors.invalid(path, child, uid, "error validating uid: " + why);
    } else if (uid.length() != UUID_LENGTH || !uid.equals(uid.toLowerCase(Locale.ROOT))) {
      errors.invalid(
          path,
          child,
          uid,
          "uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with"
              + " lowercase hexadecimal characters");
    }
  }
}
