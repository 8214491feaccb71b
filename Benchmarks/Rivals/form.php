<?php
// What a form holds: how many text fields with how many bytes, and the size of each file.
header('Content-Type: text/plain');
$bytes = 0;
foreach ($_POST as $value) $bytes += strlen($value);
echo count($_POST), ' ', $bytes;
foreach ($_FILES as $file) echo ' ', $file['error'] === UPLOAD_ERR_OK ? $file['size'] : 'error';
