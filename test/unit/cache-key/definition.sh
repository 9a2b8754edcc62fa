# The definition of {{hash}} in shell. Paths relative to the source come in on standard input, one a line.
export LC_ALL=C
sort | while IFS= read -r path; do
  printf '%s\0%s\0%s\n' "$path" "$(stat -Lc %s "$path")" "$(sha256sum < "$path" | cut -c 1-64)"
done | sha256sum | cut -c 1-64
